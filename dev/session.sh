# The running local stack's addresses and secrets as variables: `. dev/session.sh`, from the root of the repository.
_session() { node -p "JSON.parse(fs.readFileSync('${SIGHTLINE_DIR:-.sightline}/dev.json')).$1"; }
EDGE_URL=$(_session url)
BACKEND=$(_session backend_url | sed 's|^http://||')
ADMIN_TOKEN=$(_session admin_token)
KEY=$(_session api_key)
export EDGE_URL BACKEND ADMIN_TOKEN KEY
API=$EDGE_URL/v1
ADMIN="Authorization: Bearer $ADMIN_TOKEN" AUTH="Authorization: Bearer $KEY" JSON="Content-Type: application/json"
