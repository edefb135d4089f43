#!/bin/sh
# Puts the REST front for Redis into an empty folder: the one file tree and the packages that it needs of the local stack's.
#   usage: assemble-redis-rest.sh FOLDER
set -eu
cd "$(dirname "$0")/../.."
out=$1
mkdir -p "$out"

for file in package.json package-lock.json .npmrc shared/package.json dev/package.json; do
  mkdir -p "$out/$(dirname "$file")"
  cp "$file" "$out/$file"
done
(cd "$out" && npm ci --omit=dev --omit=optional --workspace dev)

# Of the sample data and its pictures: 100 MB that this program never opens.
for package in @iconify-json emojibase-data sharp @img typescript @typescript .bin; do
  rm -rf "$out/node_modules/$package"
done

tar -c --exclude='*.test.ts' dev/src/upstash | tar -x -C "$out"
