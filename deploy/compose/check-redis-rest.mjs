/**
 * Does the REST front for Redis work as its image has it? Without an engine: assembles the folder by the Dockerfile's script, starts the
 * Dockerfile's command there with its environment and nothing else, before a real redis-server, and speaks to it as the worker does.
 *
 *   node deploy/compose/check-redis-rest.mjs     needs redis-server
 */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { readLastStage, untilAnswered } from "../../.ci/image.mjs";

const HERE = import.meta.dirname;
const PORT = 20_000 + (process.pid % 10_000);
const REDIS_PORT = PORT + 10_000;
const TOKEN = "t".repeat(32);
// As `openssl rand -hex 32` makes it: part of an address.
const PASSWORD = "0a1b2c3d".repeat(8);

const image = readLastStage(join(HERE, "redis-rest.Dockerfile"));
const [program, ...args] = image.command;

const app = mkdtempSync(join(tmpdir(), "sightline-redis-rest-"));
const children = [];
try {
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  execFileSync(join(HERE, "assemble-redis-rest.sh"), [app], { stdio: "inherit", env: { ...process.env, PATH } });
  const redisArgs = ["--port", String(REDIS_PORT), "--bind", "127.0.0.1", "--requirepass", PASSWORD, "--save", ""];
  children.push(spawn("redis-server", redisArgs, { cwd: app, stdio: "ignore" }));
  const address = `redis://:${PASSWORD}@127.0.0.1:${REDIS_PORT}`;
  const env = {
    ...image.environment,
    PATH,
    HOST: "127.0.0.1",
    PORT: String(PORT),
    REDIS_URL: address,
    REDIS_TOKEN: TOKEN,
  };
  const front = spawn(program, args, { cwd: app, env, stdio: "inherit" });
  children.push(front);
  const exited = once(front, "exit");

  assert.deepEqual(await untilAnswered(() => ask(["SET", "a", "1"]), exited), { result: "OK" });
  assert.deepEqual(await (await ask(["GET", "a"])).json(), { result: "1" });
  const pipeline = await fetch(`http://127.0.0.1:${PORT}/pipeline`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify([["INCR", "a"], ["NONSENSE"]]),
  });
  const [counted, refused] = await pipeline.json();
  assert.deepEqual(counted, { result: 2 });
  assert.match(refused.error, /unknown command/i);
  assert.equal((await ask(["GET", "a"], "another")).status, 401, "nobody reads without the token");
  assert.equal((await fetch(`http://127.0.0.1:${PORT}`)).status, 401, "as the image's health check expects");

  front.kill("SIGTERM");
  const [code] = await exited;
  assert.equal(code, 0, "it ends with 0");
  console.log("the REST front works");
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(app, { recursive: true, force: true });
}

function ask(command, token = TOKEN) {
  const headers = { authorization: `Bearer ${token}` };
  return fetch(`http://127.0.0.1:${PORT}`, { method: "POST", headers, body: JSON.stringify(command) });
}
