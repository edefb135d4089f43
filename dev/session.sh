# The running local stack's addresses and secrets as variables: `. dev/session.sh`, from the root of the repository.
_told() { node -p "JSON.parse(fs.readFileSync('${SIGHTLINE_DIR:-.sightline}/$1')).$2"; }
EDGE_URL=$(_told dev.json url)
BACKEND=$(_told parts.json backend_url | sed 's|^http://||')
ADMIN_TOKEN=$(_told dev.json admin_token)
KEY=$(_told dev.json api_key)
export EDGE_URL BACKEND ADMIN_TOKEN KEY
API=$EDGE_URL/v1
ADMIN="Authorization: Bearer $ADMIN_TOKEN" AUTH="Authorization: Bearer $KEY" JSON="Content-Type: application/json"
