import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ClipManifest } from "../manifest.ts";
import { readInstalled } from "./installed.ts";
import { type Pulled, type PullOptions, pull } from "./pull.ts";
import { type FileServer, stallAfter, startFileServer, status } from "./testing/file-server.ts";
import { modelToPull } from "./testing/model-to-pull.ts";
import { silent, undisturbed } from "./testing/undisturbed.ts";

const { entry, files } = modelToPull();

let server: FileServer;
let dir: string;

beforeEach(async () => {
  server = await startFileServer();
  for (const [path, body] of files) server.files.set(path, body);
  dir = join(await mkdtemp(join(tmpdir(), "pull-")), "models");
});
afterEach(async () => {
  await server.close();
  await rm(join(dir, ".."), { recursive: true });
});

const start = (options: Partial<PullOptions> = {}, wanted = entry): Promise<Pulled> =>
  pull(wanted, {
    dir,
    variants: [],
    mirror: server.origin,
    progress: silent,
    ...undisturbed(),
    ...options,
  });

const paths = () => server.requests.map(({ path }) => path).toSorted();
const manifestIn = async (name: string) =>
  ClipManifest.parse(JSON.parse(await readFile(join(dir, name, "manifest.json"), "utf8")));

describe("pull", () => {
  it("fetches the smallest variant, and the manifest names only what is there", async () => {
    const { folder, fetchedBytes } = await start();
    expect(folder).toBe(join(dir, "acme-clip"));
    expect(paths()).toEqual(["/acme/1/onnx/image.int8.onnx", "/acme/1/onnx/text.int8.onnx", "/acme/1/tokenizer.json"]);
    expect(fetchedBytes).toBe(600_000);
    const manifest = await manifestIn("acme-clip");
    expect([Object.keys(manifest.image.files), Object.keys(manifest.text.files)]).toEqual([["int8"], ["int8"]]);
    expect((await readdir(folder)).toSorted()).toEqual(["manifest.json", "onnx", "tokenizer.json"]);
    expect(await readInstalled(dir)).toMatchObject({ models: [{ name: "acme-clip", damage: undefined }] });
  });

  it("adds a variant to what is there", async () => {
    await start();
    const { fetchedBytes } = await start({ variants: ["fp32"] });
    expect(fetchedBytes).toBe(400_000);
    expect(Object.keys((await manifestIn("acme-clip")).image.files)).toEqual(["int8", "fp32"]);
  });

  it("asks for nothing if all is there", async () => {
    await start({ variants: ["fp32"] });
    const asked = server.requests.length;
    expect(await start()).toMatchObject({ fetchedBytes: 0 });
    expect(server.requests).toHaveLength(asked);
    expect(Object.keys((await manifestIn("acme-clip")).image.files)).toEqual(["fp32"]);
  });

  it("repairs what is damaged, and nothing else", async () => {
    const { folder } = await start();
    await writeFile(join(folder, "tokenizer.json"), Buffer.alloc(200_000));
    await writeFile(join(folder, "manifest.json"), "{");
    expect(await start()).toMatchObject({ fetchedBytes: 200_000 });
    expect(await readInstalled(dir)).toMatchObject({ models: [{ damage: undefined }], unreadable: [] });
  });

  it("takes files that were put there by hand, without a network", async () => {
    const { folder } = await start();
    await rm(join(folder, "manifest.json"));
    await server.close();
    expect(await start()).toMatchObject({ fetchedBytes: 0 });
    expect((await manifestIn("acme-clip")).id).toBe("acme-clip");
    server = await startFileServer();
  });

  it("puts another revision beside the one that is there", async () => {
    await start();
    const next = modelToPull(50_000, "2");
    for (const [path, body] of next.files) server.files.set(path, body);
    expect(await start({}, next.entry)).toMatchObject({ folder: join(dir, "acme-clip@2") });
    expect((await manifestIn("acme-clip")).revision).toBe("1");
    // The old one goes: the new one stays where it is.
    await rm(join(dir, "acme-clip"), { recursive: true });
    expect(await start({}, next.entry)).toMatchObject({ folder: join(dir, "acme-clip@2"), fetchedBytes: 0 });
  });

  it("refuses a variant that the model does not have, and leaves no trace", async () => {
    await expect(start({ variants: ["fp16"] })).rejects.toThrow("acme-clip has no fp16. It has: int8, fp32");
    await expect(readdir(dir)).rejects.toThrow("ENOENT");
  });

  it("leaves no model behind when a file fails, and goes on with the others' work kept", async () => {
    server.files.delete("/acme/1/onnx/text.int8.onnx");
    await expect(start()).rejects.toThrow("answered 404");
    expect(await readInstalled(dir)).toMatchObject({ models: [], incomplete: [{ name: "acme-clip" }] });
    server.files.set("/acme/1/onnx/text.int8.onnx", files.get("/acme/1/onnx/text.int8.onnx")!);
    expect(await start()).toMatchObject({ fetchedBytes: 200_000 });
  });

  it("says what is left to do when the server cannot be reached", async () => {
    server.always(status(503));
    const failed = start();
    await expect(failed).rejects.toThrow("answered 503; given up (5 tries)");
    await expect(failed).rejects.toThrow("SIGHTLINE_MODEL_MIRROR");
    await expect(failed).rejects.toThrow(
      "tokenizer.json  200000 bytes\n        https://models.invalid/acme/1/tokenizer.json",
    );
  });

  it("refuses to begin what the disk cannot hold, counting what has come already", async () => {
    await expect(start({ freeBytes: async () => 599_999 })).rejects.toThrow("600.0 kB are to be fetched");
    expect(server.requests).toEqual([]);
    expect(await readInstalled(dir)).toMatchObject({ models: [], incomplete: [] });

    server.next(stallAfter(100_000));
    const interrupted = new AbortController();
    const progress = { ...silent, at: (bytes: number) => bytes >= 100_000 && interrupted.abort("stop") };
    await expect(start({ signal: interrupted.signal, progress })).rejects.toBe("stop");
    await start({ freeBytes: async () => 500_000 });
  });

  it("lets no second pull of the same model begin", async () => {
    const others: Promise<unknown>[] = [];
    const progress = { ...silent, begin: () => others.push(start().catch((error: unknown) => error)) };
    await start({ progress });
    const refused = { message: expect.stringContaining(`by process ${process.pid}`) };
    expect(await Promise.all(others)).toMatchObject([refused, refused, refused]);
    expect(await readInstalled(dir)).toMatchObject({ models: [{ damage: undefined }] });
  });

  it("takes over the lock of a pull that was killed", async () => {
    server.files.delete("/acme/1/onnx/text.int8.onnx");
    await expect(start()).rejects.toThrow("answered 404");
    server.files.set("/acme/1/onnx/text.int8.onnx", files.get("/acme/1/onnx/text.int8.onnx")!);
    await writeFile(join(dir, "acme-clip/.partial/lock.json"), JSON.stringify({ pid: process.pid, started: "1" }));
    await start();
  });
});
