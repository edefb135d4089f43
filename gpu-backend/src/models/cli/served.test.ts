/** A model of CLIP's real shapes, from the catalogue through a pull to the backend's answers. Its weights are random. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clipTokenizerJson } from "../../testing/clip-tokenizer.ts";
import { SECRET, signedClient } from "../../testing/signed-client.ts";
import { tinyImageTower, tinyTextTower } from "../../testing/tiny-model.ts";
import { ClipManifest } from "../manifest.ts";
import { findInCatalogue } from "../pull/catalogue.ts";
import { pull } from "../pull/pull.ts";
import { type FileServer, startFileServer, truncateAt } from "../pull/testing/file-server.ts";
import { describeFile } from "../pull/testing/model-to-pull.ts";
import { silent, undisturbed } from "../pull/testing/undisturbed.ts";

const ROOT = join(import.meta.dirname, "../../../..");
/** Of CLIP's tokenizer. */
const VOCABULARY = 49_408;

let server: FileServer;
let folder: string;
beforeAll(async () => {
  server = await startFileServer();
  folder = await mkdtemp(join(tmpdir(), "served-"));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** The catalogue's CLIP with other weights: everything that the manifest says of shapes, names and texts is the real one's. */
async function clipWithOtherWeights(): Promise<ClipManifest> {
  const real = ClipManifest.parse(await findInCatalogue(join(ROOT, "models/manifests"), "clip-vit-base-patch32"));
  const shape = { size: real.image.size, dims: real.dims, contextLength: real.text.context_length };
  const offer = (path: string, body: Uint8Array) => {
    server.files.set(`/acme/${path}`, Buffer.from(body));
    return describeFile(path, body);
  };
  // The test's towers name their output so.
  const output = "embedding";
  return ClipManifest.parse({
    ...real,
    image: { ...real.image, output, files: { fp32: offer("onnx/vision_model.onnx", tinyImageTower(shape)) } },
    text: {
      ...real.text,
      output,
      tokenizer: offer("tokenizer.json", Buffer.from(await clipTokenizerJson())),
      files: { fp32: offer("onnx/text_model.onnx", tinyTextTower(shape, VOCABULARY)) },
    },
  });
}

it("serves what was pulled", async () => {
  const entry = await clipWithOtherWeights();
  const dir = join(folder, "models");
  server.next(truncateAt(400_000));
  const { fetchedBytes } = await pull(entry, {
    dir,
    variants: [],
    mirror: server.origin,
    progress: silent,
    ...undisturbed(),
  });
  expect(fetchedBytes).toBeGreaterThan(100e6);

  const backend = fork(join(ROOT, "gpu-backend/src/main.ts"), {
    cwd: ROOT,
    env: {
      ...process.env,
      BACKEND_SECRET: SECRET,
      DATA_DIR: join(folder, "data"),
      MODELS_DIR: `models,${dir}`,
      PORT: "0",
      LOG_LEVEL: "error",
    },
  });
  try {
    const [{ ready }] = await once(backend, "message");
    const call = signedClient(fetch, `http://127.0.0.1:${ready.port}`);
    const { body: list } = await call("/internal/v1/models", {});
    expect(list.models).toMatchObject([
      { id: "emoji-dual" },
      { id: "emoji-entail" },
      { id: "clip-vit-base-patch32", revision: entry.revision, dims: 512, logitScale: 100, contextLength: 77 },
    ]);
    const model = { id: entry.id, revision: entry.revision };
    const texts = ["a photo of a cat", "a photo of a cat &amp; a dog", "a photo of a cat & a dog"];
    const picture = await sharp({ create: { width: 300, height: 200, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const inputs = [...texts.map((text) => ({ kind: "text", text })), { kind: "image", bytes: picture }];
    const { body } = await call("/internal/v1/embed", { model, lane: "interactive", inputs });
    expect(body.results).toMatchObject(inputs.map(() => ({ status: "ok" })));
    const [cat, escaped, both, image] = body.results.map((result: { embedding: Uint8Array }) => result.embedding);
    expect([cat.length, image.length]).toEqual([512 * 4, 512 * 4]);
    // Cleaned as CLIP's own texts were, since the catalogue says so.
    expect(escaped).toEqual(both);
    expect(cat).not.toEqual(both);
  } finally {
    backend.kill("SIGKILL");
    await once(backend, "exit");
  }
}, 120_000);
