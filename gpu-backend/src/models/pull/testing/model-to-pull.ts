/** A model of random bytes, as a catalogue and a server have it: pulling looks at sizes and digests, not at graphs. */
import { createHash, randomBytes } from "node:crypto";
import { tinyManifest, tinyModelFiles } from "../../../testing/tiny-model.ts";
import { Manifest, type ModelFile } from "../../manifest.ts";

/** Nothing resolves here: tests reach it through a mirror. */
const HOST = "https://models.invalid";

interface ModelToPull {
  readonly entry: Manifest;
  /** What a server has, by path. */
  readonly files: ReadonlyMap<string, Buffer>;
}

export const describeFile = (path: string, body: Uint8Array, remotePath = `/acme/${path}`): ModelFile => ({
  path,
  bytes: body.length,
  sha256: createHash("sha256").update(body).digest("hex"),
  url: `${HOST}${remotePath}`,
});

/** Towers in int8 and fp32, and a tokenizer. */
export function modelToPull(bytes = 200_000, revision = "1"): ModelToPull {
  const files = new Map<string, Buffer>();
  const file = (path: string) => {
    const body = randomBytes(bytes);
    files.set(`/acme/${revision}/${path}`, body);
    return describeFile(path, body, `/acme/${revision}/${path}`);
  };
  const manifest = tinyManifest("acme-clip", tinyModelFiles());
  const { image, text } = manifest;
  const entry = Manifest.parse({
    ...manifest,
    revision,
    image: { ...image, files: { int8: file("onnx/image.int8.onnx"), fp32: file("onnx/image.onnx") } },
    text: {
      ...text,
      tokenizer: file("tokenizer.json"),
      files: { int8: file("onnx/text.int8.onnx"), fp32: file("onnx/text.onnx") },
    },
  });
  return { entry, files };
}
