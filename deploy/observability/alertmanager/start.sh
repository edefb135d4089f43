#!/bin/sh
# Starts Alertmanager with the webhook of the environment (ALERT_WEBHOOK_URL): it reads no settings from there. Arguments are its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${ALERT_WEBHOOK_URL:?}"
umask 077

conf=$(mktemp -d)/alertmanager.yml
# `&` and `\` mean something to sed, and `|` parts its command.
url=$(printf '%s' "$ALERT_WEBHOOK_URL" | sed 's/[&\|]/\\&/g')
sed "s|http://webhook.invalid/|$url|" "$here/alertmanager.yml" >"$conf"
exec alertmanager --config.file="$conf" "$@"
