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

# In a copy: `init` writes lock files, and a module has none of its own. Beside it the file that the tests read.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R terraform wrangler.toml "$work/"
for module in worker-config gpu-backend; do
  echo "-- $module"
  cd "$work/terraform/modules/$module"
  TF_DATA_DIR="$work/data/$module" terraform init -backend=false -input=false "${from[@]}" >/dev/null
  TF_DATA_DIR="$work/data/$module" terraform validate
  TF_DATA_DIR="$work/data/$module" terraform test
done
