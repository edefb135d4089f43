import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../settings.ts";
import { freePort } from "../testing/ports.ts";
import { run, type Stack, startStack } from "../testing/stack.ts";

describe("npm start -- --model", () => {
  let dir: string;
  let stack: Stack;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "sight line model "));
    // As a pull leaves it; the built-in model under another name is the smallest real one there is.
    const folder = join(dir, "models/acme-clip");
    await cp(join(ROOT, "models/emoji-dual"), folder, { recursive: true });
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    await writeFile(join(folder, "manifest.json"), JSON.stringify({ ...manifest, id: "acme-clip", revision: "7" }));
    stack = await startStack(dir, {}, ["--model", "acme-clip"]);
  });
  afterAll(async () => {
    await stack.end("SIGTERM");
    await rm(dir, { recursive: true, force: true });
  });

  it("makes a pulled model the default and indexes the samples with it", async () => {
    const { url, apiKey } = stack;
    const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
    const get = async (path: string) => (await fetch(new URL(path, url), { headers })).json();
    expect(await get("/v1/models")).toMatchObject({
      data: expect.arrayContaining([
        expect.objectContaining({ id: "acme-clip", revision: "7", default: true }),
        expect.objectContaining({ id: "emoji-dual", default: false }),
      ]),
    });
    expect(await get("/v1/collections/emoji")).toMatchObject({ model: "acme-clip", revision: "7" });
    const body = JSON.stringify({ query: "red apple" });
    const search = await fetch(new URL("/v1/collections/emoji/search", url), { method: "POST", headers, body });
    expect(((await search.json()) as { results: { id: string }[] }).results.map(({ id }) => id)).toContain("1f34e");
  });
});

describe("npm start", () => {
  const refusal = async (...args: string[]) => {
    const dir = await mkdtemp(join(tmpdir(), "no stack "));
    const { process, output } = run({ PORT: String(await freePort()), SIGHTLINE_DIR: dir }, args);
    await once(process, "close");
    await rm(dir, { recursive: true });
    return { code: process.exitCode, output: output() };
  };

  it.each([
    [["--model", "clip-vit-base-patch32"], 1, "npm run models -- pull clip-vit-base-patch32"],
    [["--model", "no-such-model"], 1, 'there is no model "no-such-model". Here: emoji-dual'],
    [["--modle", "emoji-dual"], 2, "Unknown option '--modle'"],
    [["--model"], 2, "argument missing"],
    [["emoji-dual"], 2, "Unexpected argument 'emoji-dual'"],
    [["--help"], 0, "Usage: npm start -- [options]"],
  ])("with %j ends with %i and says why", async (args, code, message) => {
    expect(await refusal(...args)).toEqual({ code, output: expect.stringContaining(message) });
  });
});
