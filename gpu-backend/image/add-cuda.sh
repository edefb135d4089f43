#!/bin/sh
# Puts ONNX Runtime's CUDA and TensorRT providers beside the runtime of an assembled folder, or of a checkout (FOLDER is "."
# there). onnxruntime-node's own installer would fetch them from NuGet; this npm package is a copy of NuGet's of the same
# version, so that npm's registry is enough. They are for CUDA 13, as Microsoft's are since 1.27.
#   usage: add-cuda.sh FOLDER
set -eu
package=com.github.asus4.onnxruntime.linux-x64-gpu@0.4.9
sha512=168a4884d13f360fafd97eb9c1573d7253c2042be1bc0e771f1a3653429fe5f19d56c0bb88203e999d0a2d6820710023ed3219ea9362751e000b5d20ef85e8eb

binding=$(echo "$1"/node_modules/onnxruntime-node/bin/napi-v*/linux/x64)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tarball=$(npm pack --silent --pack-destination "$work" "$package")
# Native code by way of somebody else: this file and no other.
echo "$sha512  $work/$tarball" | sha512sum --check --quiet
tar -xzf "$work/$tarball" -C "$work"
cp "$work"/package/Plugins/Linux/x64/*.so "$binding/"
