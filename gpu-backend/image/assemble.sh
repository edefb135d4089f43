#!/bin/sh
# Puts what the backend runs on into an empty folder: production packages for this platform, sources without their tests,
# the built-in models. The Dockerfile and check.sh both run it, so that what is checked is what is built.
#   usage: assemble.sh FOLDER
set -eu
cd "$(dirname "$0")/../.."
out=$1
mkdir -p "$out"

# Only what npm reads: npm ci wants the folders of the workspaces that it installs, and no others.
for file in package.json package-lock.json .npmrc shared/package.json gpu-backend/package.json; do
  mkdir -p "$out/$(dirname "$file")"
  cp "$file" "$out/$file"
done
(cd "$out" && npm ci --omit=dev --workspace gpu-backend)

# Of the runtime's six platforms five are not ours: 220 MB.
platform=$(node -p 'process.platform') arch=$(node -p 'process.arch')
for binding in "$out"/node_modules/onnxruntime-node/bin/napi-v*/*/*; do
  case $binding in */"$platform/$arch") ;; *) rm -r "$binding" ;; esac
done
# A peer that only type checks.
rm -rf "$out/node_modules/typescript" "$out/node_modules/@typescript" "$out/node_modules/.bin"

tar -c --exclude='*.test.ts' --exclude=testing --exclude=conformance shared/src gpu-backend/src | tar -x -C "$out"
mkdir -p "$out/gpu-backend/image" "$out/models"
cp gpu-backend/image/start.sh gpu-backend/image/health-check.mjs "$out/gpu-backend/image/"

# Built-in models, and the catalogue that `models pull` knows.
for manifest in models/*/manifest.json; do cp -R "$(dirname "$manifest")" "$out/models/"; done
cp -R models/manifests LICENSE NOTICE "$out/" && mv "$out/manifests" "$out/models/"
