#!/bin/sh
# The container's command. libuv's pool of threads has to have its size before node starts, and its own default is 4: pictures are
# decoded there, as many at a time as DECODE_CONCURRENCY says, and the checks of calls' tokens, files and DNS must not wait
# behind them.
set -eu
: "${UV_THREADPOOL_SIZE:=$(node -p '(Number(process.env.DECODE_CONCURRENCY) || Math.max(2, os.availableParallelism())) + 4')}"
export UV_THREADPOOL_SIZE
exec node gpu-backend/src/main.ts
