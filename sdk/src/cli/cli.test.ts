import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeApi, startFakeApi } from "../testing/api.ts";
import { startCli } from "../testing/cli.ts";

let api: FakeApi;
let dir: string;
beforeAll(async () => {
  api = await startFakeApi();
  dir = await mkdtemp(join(tmpdir(), "sight line cli "));
});
afterAll(async () => {
  await api.close();
  await rm(dir, { recursive: true, force: true });
});

const cli = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  startCli(args, { XDG_CONFIG_HOME: dir, ...environment }, dir).ended;

describe("where the API is, and with which key", () => {
  it("comes from the environment", async () => {
    const { code, stdout } = await cli(["collections"], { SIGHTLINE_URL: api.url, SIGHTLINE_API_KEY: "sl_key" });
    expect([code, stdout]).toEqual([0, "There is no collection.\n"]);
  });

  it("is never put together from two places", async () => {
    const { code, stderr } = await cli(["collections"], { SIGHTLINE_URL: "https://somebody.example" });
    expect([code, stderr]).toEqual([2, "error: SIGHTLINE_API_KEY is not set: it goes with the other one\n"]);
  });

  it("is asked for where nobody has said it", async () => {
    const { code, stderr } = await cli(["collections"]);
    expect(code).toBe(2);
    expect(stderr).toContain(join(dir, "sightline", "config.json"));
  });

  it("comes from the user's file, if nobody else can read that", async () => {
    const file = join(dir, "sightline", "config.json");
    await mkdir(join(dir, "sightline"));
    await writeFile(file, JSON.stringify({ url: api.url, api_key: "sl_key" }), { mode: 0o600 });
    expect((await cli(["collections"])).code).toBe(0);
    await chmod(file, 0o644);
    const { code, stderr } = await cli(["collections"]);
    expect([code, stderr]).toEqual([2, `error: ${file} holds a key, and others may read it: chmod 600 ${file}\n`]);
    await chmod(file, 0o600);
    await writeFile(file, "{}");
    expect((await cli(["collections"])).stderr).toContain('has to be {"url"');
    await rm(file);
  });

  it("comes from the local stack that runs here", async () => {
    await mkdir(join(dir, ".sightline"));
    await writeFile(join(dir, ".sightline/dev.json"), JSON.stringify({ url: api.url, api_key: "k" }), { mode: 0o600 });
    expect((await cli(["collections"])).code).toBe(0);
    await rm(join(dir, ".sightline"), { recursive: true });
  });
});

describe("how a command ends", () => {
  it("tells help and version from wrong usage", async () => {
    const help = await cli(["--help"]);
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toContain("Exit codes:");
    expect((await cli(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const args of [["serch"], ["search"], ["rank", "a", "b", "--top", "0"], ["search", "c", "--filter", "{"]]) {
      const { code, stderr, stdout } = await cli(args);
      expect([code, stdout], args.join(" ")).toEqual([2, ""]);
      expect(stderr).toMatch(/^error: /);
    }
  });

  it("tells a server that is away from a picture that is not there", async () => {
    const away = { SIGHTLINE_URL: "http://127.0.0.1:1", SIGHTLINE_API_KEY: "sl_key" };
    const missing = await cli(["search", "c", "@nowhere.png"], away);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^error: nowhere\.png cannot be read/);
    // Its retries take some seconds.
    const unreachable = await cli(["models"], away);
    expect(unreachable.code).toBe(5);
    expect(unreachable.stderr).toMatch(/^error: GET http:\/\/127\.0\.0\.1:1\/v1\/models cannot be reached/);
  });
});
