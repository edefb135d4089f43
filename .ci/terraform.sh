#!/usr/bin/env bash
# Terraform: format of everything, and validation and tests of the modules whose providers can be had here. Needs no
# account. AWS's provider comes from a folder ($TF_PLUGIN_DIR, or wherever one lies on this machine), else from the
# registry; the modules of Cloudflare, Upstash and Qdrant are checked where the registry can be reached.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v terraform >/dev/null; then
  echo "terraform is not installed"
  [ -z "${CI:-}" ] && exit 0 || exit 1
fi
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_CLI_ARGS="-no-color"
# A machine's own settings for people who work on it.
unset TF_CLI_CONFIG_FILE

terraform fmt -check -recursive terraform

plugins=${TF_PLUGIN_DIR:-}
if [ -z "$plugins" ]; then
  provider=$(find / -xdev -type f -path '*/registry.terraform.io/hashicorp/aws/*' -name 'terraform-provider-aws*' -print -quit 2>/dev/null || true)
  plugins=${provider%%/registry.terraform.io/*}
fi
from=()
[ -z "$plugins" ] || from=(-plugin-dir="$plugins")

# In a copy: `init` writes lock files, and a module has none of its own. Beside it what the tests look for.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R terraform wrangler.toml "$work/"
mkdir -p "$work/dist/worker" "$work/playground/dist"
cp terraform/modules/edge/tests/fixture/worker.js "$work/dist/worker/"
cp terraform/modules/edge/tests/fixture/index.html "$work/playground/dist/"

enter() {
  cd "$work/terraform/$1"
  export TF_DATA_DIR="$work/data/$1"
  terraform init -backend=false -input=false "${from[@]}"
}

# only_providers_missing LOG: every error of `init` is a provider that the folder lacks, or whose registry cannot be reached.
only_providers_missing() {
  local query="Error: Failed to query available provider packages Could not retrieve the list of available versions for provider"
  local errors causes
  errors=$(grep -c '^Error: ' "$1")
  causes=$(tr -s '\n' ' ' <"$1" | grep -oE "$query [^ ]+ (provider [^ ]+ was not found in any of|could not connect to) " | wc -l)
  [ "$errors" -gt 0 ] && [ "$errors" -eq "$causes" ]
}

for module in modules/worker-config modules/gpu-backend; do
  echo "-- $module"
  enter $module >"$work/init.log" 2>&1 || { cat "$work/init.log"; exit 1; }
  terraform validate
  terraform test
done

for module in modules/cache modules/certificate modules/edge modules/vectors environments/example; do
  echo "-- $module"
  if enter $module >"$work/init.log" 2>&1; then
    terraform validate
    terraform test
  elif only_providers_missing "$work/init.log"; then
    echo "Only its format was checked: its providers cannot be had here."
  else
    cat "$work/init.log"
    exit 1
  fi
done
