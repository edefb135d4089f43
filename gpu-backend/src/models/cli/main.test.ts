import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PARTIAL } from "../pull/installed.ts";
import { type FileServer, stallAfter, startFileServer } from "../pull/testing/file-server.ts";
import { modelToPull } from "../pull/testing/model-to-pull.ts";

const { entry, files } = modelToPull();
const tokenizer = entry.text.tokenizer;

let server: FileServer;
let root: string;
let dir: string;
const running = new Set<ChildProcess>();

beforeEach(async () => {
  server = await startFileServer();
  for (const [path, body] of files) server.files.set(path, body);
  // Spaces, as the folders of users have them.
  root = await mkdtemp(join(tmpdir(), "models cli "));
  dir = join(root, "pulled");
  await writeFile(join(root, "acme-clip.json"), JSON.stringify(entry));
});
afterEach(async () => {
  for (const child of running) child.kill("SIGKILL");
  await server.close();
  await rm(root, { recursive: true });
});

/** The program as npm starts it, with our catalogue, folder and mirror. */
function start(...args: string[]) {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "main.ts"), ...args, "--dir", dir, "--catalogue", root],
    { env: { ...process.env, SIGHTLINE_MODEL_MIRROR: server.origin.href } },
  );
  running.add(child);
  const output = { text: "" };
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => {
      output.text += part.toString();
    });
  const ended = once(child, "close").then(([code]) => {
    running.delete(child);
    return { code: code as number | null, output: output.text };
  });
  return { child, ended };
}
const run = (...args: string[]) => start(...args).ended;

const partSize = async () =>
  (await stat(join(dir, "acme-clip", PARTIAL, tokenizer.sha256)).catch(() => undefined))?.size ?? 0;

describe("models", () => {
  it("pulls, lists, verifies and removes", async () => {
    expect((await run("list")).output).toMatch(/acme-clip +1 +available +int8 600\.0 kB, fp32 600\.0 kB +Apache-2\.0/);

    const pulled = await run("pull", "acme-clip");
    expect(pulled).toMatchObject({ code: 0, output: expect.stringContaining("npm start -- --model acme-clip") });
    expect(pulled.output).toContain("onnx/text.int8.onnx  100 %, 200.0 kB of 200.0 kB");

    const listed = await run("list", "--json");
    expect(JSON.parse(listed.output)).toMatchObject([
      { id: "emoji-dual", state: "built in" },
      { id: "emoji-entail", state: "built in" },
      { id: "acme-clip", revision: "1", state: "installed", variants: { int8: 600_000 }, license: "Apache-2.0" },
    ]);

    const path = join(dir, "acme-clip", tokenizer.path);
    expect(await run("verify")).toMatchObject({ code: 0 });
    await writeFile(path, Buffer.alloc(tokenizer.bytes));
    const verified = await run("verify", "acme-clip");
    expect(verified.code).toBe(1);
    expect(verified.output).toMatch(/^damaged {2}acme-clip {2}tokenizer\.json has SHA-256/m);
    expect(verified.output).toMatch(/^good {5}acme-clip {2}onnx\/image\.int8\.onnx$/m);
    await rm(path);
    expect((await run("list")).output).toContain("damaged: tokenizer.json is missing");

    expect(await run("remove", "acme-clip")).toMatchObject({ code: 0 });
    expect((await run("list")).output).toContain("available");
  });

  it("says which of several variants is served, and removes one of them", async () => {
    await run("pull", "acme-clip");
    const both = await run("pull", "acme-clip", "--variant", "fp32");
    expect(both.output).toContain("Of int8 and fp32 the server takes int8. To have fp32 instead, either of:");
    expect(both.output).toContain("MODEL_VARIANTS=fp32,fp16,int8 npm start -- --model acme-clip");
    expect(await run("remove", "acme-clip", "--variant", "int8")).toMatchObject({
      code: 0,
      output: "fp32 of acme-clip is left. Restart a server that has int8 loaded.\n",
    });
    expect((await run("list")).output).toMatch(/acme-clip +1 +installed +fp32 600\.0 kB +Apache/);
    expect(await run("verify", "acme-clip")).toMatchObject({ code: 0 });
    expect(await readdir(join(dir, "acme-clip"))).toEqual(["manifest.json", "onnx", "tokenizer.json"]);
    expect(await readdir(join(dir, "acme-clip", "onnx"))).toEqual(["image.onnx", "text.onnx"]);
    expect((await run("pull", "acme-clip", "--variant", "fp32")).output).toContain("Try it, fp32: npm start");
    expect(await run("remove", "acme-clip", "--variant", "fp32")).toMatchObject({
      code: 2,
      output: expect.stringContaining("nothing would be left"),
    });
    expect(await run("remove", "acme-clip", "--variant", "int8")).toMatchObject({
      code: 2,
      output: expect.stringContaining("has no int8 here. It has: fp32"),
    });
  });

  it("removes a variant and keeps what has come of another", async () => {
    await run("pull", "acme-clip", "--variant", "int8", "--variant", "fp32");
    const parts = join(dir, "acme-clip", PARTIAL);
    await mkdir(parts);
    await writeFile(join(parts, "begun"), "bytes");
    expect(await run("remove", "acme-clip", "--variant", "int8")).toMatchObject({ code: 0 });
    expect(await readdir(parts)).toEqual(["begun"]);
  });

  it.each([
    [["remove", "emoji-dual"], "emoji-dual is built in: it stays"],
    [["remove", "../pulled"], 'has no model "../pulled"'],
    [["verify", "nothing"], 'there is no model "nothing" here. There is: emoji-dual'],
    [["pull", "clip"], 'the catalogue has no model "clip". It has: acme-clip'],
    [["pull", "acme-clip", "--variant", "fp16"], "acme-clip has no fp16. It has: int8, fp32"],
    [["push"], 'there is no command "push"'],
  ])("%j is wrong use: exit code 2", async (args, message) => {
    const { code, output } = await run(...args);
    expect(output).toContain(message);
    expect(output).toContain("--help lists the commands");
    expect(code).toBe(2);
  });

  it("shows its help", async () => {
    for (const args of [[], ["--help"], ["pull", "-h"]])
      expect(await run(...args)).toMatchObject({ code: 0, output: expect.stringContaining("Usage: npm run models") });
  });

  it("ends with 1 when the file is not there", async () => {
    server.files.delete("/acme/1/tokenizer.json");
    const { code, output } = await run("pull", "acme-clip");
    expect(code).toBe(1);
    expect(output).toContain("/acme/1/tokenizer.json answered 404: there is no such file");
    expect(output).not.toMatch(/^\s+at /m);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("goes on where a %s stopped it", async (signal, exitCode) => {
    server.next(stallAfter(80_000));
    const { child, ended } = start("pull", "acme-clip");
    await expect.poll(partSize, { timeout: 20_000 }).toBe(80_000);
    child.kill(signal);
    expect(await ended).toEqual({ code: exitCode, output: expect.stringContaining("What has come is kept") });
    expect(await run("pull", "acme-clip")).toMatchObject({ code: 0 });
    expect(server.requests[1]).toMatchObject({ path: "/acme/1/tokenizer.json", range: "bytes=80000-" });
  });

  it("goes on after a kill -9, while another process is refused before it", async () => {
    server.next(stallAfter(80_000));
    const { child, ended } = start("pull", "acme-clip");
    await expect.poll(partSize, { timeout: 20_000 }).toBe(80_000);
    expect(await run("pull", "acme-clip")).toMatchObject({
      code: 1,
      output: expect.stringContaining(`is being pulled already, by process ${child.pid}`),
    });
    child.kill("SIGKILL");
    await ended;
    expect((await run("list")).output).toMatch(/acme-clip .*incomplete: /);
    expect(await run("pull", "acme-clip")).toMatchObject({ code: 0 });
    expect(server.requests[1]).toMatchObject({ range: "bytes=80000-" });
    expect((await readFile(join(dir, "acme-clip", tokenizer.path))).equals(files.get("/acme/1/tokenizer.json")!)).toBe(
      true,
    );
  });
});
