#!/bin/sh
# Starts Prometheus with what is the operator's own, from the environment, as files: Prometheus reads none of its settings from there,
# and compose cannot put a secret's file into a container whose root is read-only. Arguments are Prometheus' own.
#   BACKEND       host:port of the backend; unset where no Prometheus reaches it: it is neither scraped nor judged
#   EDGE_URL      the deployment, https://api.example.com
#   ADMIN_TOKEN   the operator's, for the edge's counters
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${EDGE_URL:?}" "${ADMIN_TOKEN:?}"
umask 077

conf=$(mktemp -d)
cp -r "$here/prometheus.yml" "$here/rules" "$conf"
mkdir "$conf/targets"
printf '%s' "$ADMIN_TOKEN" >"$conf/admin-token"
if [ -n "${BACKEND:-}" ]; then
  printf -- '- targets: ["%s"]\n' "$BACKEND" >"$conf/targets/backend.yml"
else
  # No targets: a file that is not there is complained of. Without its metrics these rules would say for ever that no replica is ready.
  echo '[]' >"$conf/targets/backend.yml"
  rm "$conf/rules/backend.yml"
fi
host=${EDGE_URL#*://}
printf -- '- targets: ["%s"]\n  labels: { __scheme__: "%s" }\n' "${host%%/*}" "${EDGE_URL%%://*}" >"$conf/targets/edge.yml"

# Every process it starts could read it there.
unset ADMIN_TOKEN
exec prometheus --config.file="$conf/prometheus.yml" --web.console.templates="$here/consoles" "$@"
