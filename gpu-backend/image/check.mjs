/**
 * Does the CPU image work? There is no Docker engine in CI, so this does what the Dockerfile says without one: assembles
 * the folder by the same script, mounts it read-only in a new root, and starts the Dockerfile's command there as its user
 * with its environment and nothing else. Then: is it ready, does its health check agree, can it write where it must not,
 * does it end well?
 *
 *   node gpu-backend/image/check.mjs [ROOT]     as root, on Linux
 *
 * ROOT is the system whose /usr the image has: this machine's, or for the very packages of debian:bookworm-slim a folder
 * made by `debootstrap --variant=minbase bookworm ROOT`. What it does not show: that the base images can be pulled, the
 * GPU's stages, and how an engine caches layers.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { readLastStage, untilAnswered } from "../../.ci/image.mjs";

const HERE = import.meta.dirname;
/** Its check is the mounted tree's; the port must be free on this machine. */
const PORT = 20_000 + (process.pid % 10_000);
const system = process.argv[2] ?? "/";

const image = readLastStage(join(HERE, "../Dockerfile"));
const healthCommand = JSON.parse(image.instruction("HEALTHCHECK").replace(/^.* CMD /, ""));
const user = image.instruction("USER");
const [uid] = user.split(":");
const environment = {
  ...image.environment,
  PATH: "/usr/local/bin:/usr/bin",
  PORT: String(PORT),
  BACKEND_SECRET: "c".repeat(32),
};

/** A root of its own: the system's /usr, the application, node, all read-only; memory for /tmp and the volume /data. */
const ENTER = `
set -eu
root=$1 app=$2 system=$3 node=$4
mount -t tmpfs -o mode=755 image "$root"
mkdir "$root/usr" "$root/app" "$root/models" "$root/data" "$root/tmp" "$root/proc" "$root/dev"
for name in bin lib lib64 sbin; do ln -s "usr/$name" "$root/$name"; done
mount --bind "$system/usr" "$root/usr"
mount -t tmpfs -o mode=755 local "$root/usr/local"
mkdir "$root/usr/local/bin"
cp "$node" "$root/usr/local/bin/node"
mount --bind "$app" "$root/app"
mount -o remount,ro,bind "$root/usr"
mount -o remount,ro "$root/usr/local"
mount -o remount,ro,bind "$root/app"
mount -t proc proc "$root/proc"
mount --bind /dev/null "$(touch "$root/dev/null" && echo "$root/dev/null")"
mount --bind /dev/urandom "$(touch "$root/dev/urandom" && echo "$root/dev/urandom")"
mount -t tmpfs -o "mode=1777" tmp "$root/tmp"
mount -t tmpfs -o "mode=755,uid=\${5%%:*}" data "$root/data"
mount -o remount,ro "$root"
user=$5
shift 5
exec chroot --userspec="$user" "$root" env --chdir=/app "$@"
`;

const scratch = mkdtempSync(join(tmpdir(), "sightline-image-"));
const app = join(scratch, "app");
const root = join(scratch, "root");
let child;
try {
  execFileSync(join(HERE, "assemble.sh"), [app], { stdio: "inherit" });
  execFileSync("mkdir", [root]);
  const pairs = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const enter = ["--mount", "--propagation", "private", "sh", "-c", ENTER, "sh"];
  const start = [root, app, system, process.execPath, user, "-i", ...pairs, ...image.command];
  child = spawn("unshare", [...enter, ...start], { stdio: ["ignore", "inherit", "inherit"] });
  const exited = once(child, "exit");

  const ready = await untilAnswered(() => fetch(`http://127.0.0.1:${PORT}/readyz`), exited);
  assert.equal(ready.components.models.loaded[0]?.id, "emoji-dual", "the built-in model is served");
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  assert.match(status, new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s`, "m"), "it is not root");

  const startedWith = readFileSync(`/proc/${child.pid}/environ`, "utf8").split("\0");
  const pool = startedWith.find((pair) => pair.startsWith("UV_THREADPOOL_SIZE="))?.split("=")[1];
  assert.ok(
    Number(pool) > availableParallelism(),
    "pictures are decoded on all cores, and calls are checked beside them",
  );

  assert.equal(inside(healthCommand).status, 0, "the health check says it is alive");
  assert.notEqual(inside(healthCommand, { PORT: "1" }).status, 0, "the health check notices when nobody answers");
  for (const folder of ["/app", "/usr", "/models", "/"]) {
    const write = `try { fs.writeFileSync(${JSON.stringify(join(folder, "x"))}, ""); process.exit(1) } catch {}`;
    assert.equal(inside(["node", "-e", write]).status, 0, `${folder} cannot be written`);
  }

  child.kill("SIGTERM");
  const [code] = await exited;
  assert.equal(code, 0, "it drains and ends with 0");
  console.log("the CPU image works");
} finally {
  child?.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
}

/** Another process in the same root, as the same user. */
function inside(argv, more = {}) {
  const pairs = Object.entries({ ...environment, ...more }).map(([name, value]) => `${name}=${value}`);
  const enter = ["--mount", "--target", String(child.pid), "chroot", `--userspec=${user}`, root];
  return spawnSync("nsenter", [...enter, "env", "-i", "--chdir=/app", ...pairs, ...argv]);
}
