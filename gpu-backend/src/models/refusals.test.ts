import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FILE_REMEDY, MANIFEST_REMEDY, type RefusalCase, reasonBesideAGoodOne } from "../testing/refusals.ts";
import {
  TINY,
  TINY_VOCABULARY,
  type TinyModelFiles,
  tinyImageTower,
  tinyManifest,
  tinyModelFiles,
  tinyTextTower,
  tinyTokenizer,
  writeTinyModel,
} from "../testing/tiny-model.ts";

const files = tinyModelFiles();
let modelsDir: string;

beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "refusals-"));
  await writeTinyModel(modelsDir, "good", files);
});
afterEach(() => rm(modelsDir, { recursive: true }));

type TinyManifest = ReturnType<typeof tinyManifest>;

const manifestWith = (change: (manifest: TinyManifest) => unknown) => async () => {
  const manifest = tinyManifest("bad", files);
  change(manifest);
  await writeTinyModel(modelsDir, "bad", files, manifest);
};
/** Files that are what the manifest says, but do not fit each other or the manifest. */
const consisting = (other: Partial<TinyModelFiles>) => async () => {
  await writeTinyModel(modelsDir, "bad", { ...files, ...other });
};
const damaged = (damage: (folder: string) => Promise<unknown>) => async () => {
  await damage(await writeTinyModel(modelsDir, "bad", files));
};
const tokenizer = (change: object) => Buffer.from(JSON.stringify({ ...tinyTokenizer(), ...change }));
const flipped = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 500 ? byte ^ 1 : byte));

const IMAGE_REMEDY = `; manifest.json's "image" and "dims" have to describe this file`;
const TEXT_REMEDY = `; manifest.json's "text" and "dims" have to describe this file`;
const TOKENIZER_REMEDY = "; it has to be the tokenizer of the text tower";

describe("a model is refused with one line, and the others are served, if", () => {
  it.each<RefusalCase>([
    [
      "its manifest is not JSON",
      damaged((folder) => writeFile(join(folder, "manifest.json"), '{"id":')),
      /^manifest\.json: Unexpected end of JSON input$/,
      MANIFEST_REMEDY,
    ],
    [
      "its family is unknown",
      manifestWith((manifest) => Object.assign(manifest, { family: "gan" })),
      /^manifest\.json: family: /,
      MANIFEST_REMEDY,
    ],
    [
      "its manifest has a field that is unknown",
      manifestWith(({ text }) => Object.assign(text, { casing: "lower" })),
      /^manifest\.json: text: .*"casing"$/,
      MANIFEST_REMEDY,
    ],
    [
      "its manifest lacks a field",
      manifestWith(({ image }) => Reflect.deleteProperty(image, "std")),
      /^manifest\.json: image\.std: /,
      MANIFEST_REMEDY,
    ],
    [
      "its manifest lays pictures on a colour that is none",
      manifestWith(({ image }) => Object.assign(image, { background: "withe" })),
      /^manifest\.json: image\.background: a background is #rrggbb$/,
      MANIFEST_REMEDY,
    ],
    [
      "its manifest is of another model",
      manifestWith((manifest) => Object.assign(manifest, { id: "other" })),
      /^manifest\.json is of "other" in revision "1", but the folder is named "bad"$/,
      '; name the folder "other" or "other@1"',
    ],
    [
      "no variant of it may be loaded",
      manifestWith(({ text }) => Object.assign(text, { files: { fp16: text.files.fp32 } })),
      /^the text graph has none of the variants int8, fp32$/,
      "; it has fp16: name one in MODEL_VARIANTS",
    ],
    [
      "a file is missing",
      damaged((folder) => rm(join(folder, "text.onnx"))),
      /^manifest\.json: text\.onnx is missing$/,
      FILE_REMEDY,
    ],
    [
      "a file has another length",
      damaged((folder) => appendFile(join(folder, "tokenizer.json"), " ")),
      /^manifest\.json: tokenizer\.json has \d+ bytes, not \d+$/,
      FILE_REMEDY,
    ],
    ...(["image", "text"] as const).map<RefusalCase>((tower) => [
      `a byte of its ${tower} tower was changed`,
      damaged((folder) => writeFile(join(folder, `${tower}.onnx`), flipped(files[tower]))),
      new RegExp(`^manifest\\.json: ${tower}\\.onnx has SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}$`),
      FILE_REMEDY,
    ]),
    [
      "its image tower has another input",
      consisting({ image: tinyImageTower(TINY, "pixels") }),
      /^image\.onnx: the graph's inputs are \[pixels\], the manifest's is "pixel_values"$/,
      IMAGE_REMEDY,
    ],
    [
      "its text tower has another input",
      consisting({ text: tinyTextTower(TINY, TINY_VOCABULARY, { input: "tokens" }) }),
      /^text\.onnx: the graph's inputs are \[tokens\], the manifest's is "input_ids"$/,
      TEXT_REMEDY,
    ],
    [
      "its towers have another output",
      manifestWith(({ text }) => Object.assign(text, { output: "text_embeds" })),
      /^text\.onnx: the graph's outputs are \[embedding\], the manifest's is "text_embeds"$/,
      TEXT_REMEDY,
    ],
    [
      "its vectors have other dimensions",
      consisting({ image: tinyImageTower({ ...TINY, dims: 24 }) }),
      /^image\.onnx: the warm-up with one image failed: output "embedding" is \[1,24\], not \[1,16\]$/,
      IMAGE_REMEDY,
    ],
    [
      "its image tower is for images of another size",
      consisting({ image: tinyImageTower({ ...TINY, size: 16 }) }),
      /^image\.onnx: input "pixel_values" is \[batch,3,16,16\], the manifest's image size makes it \[batch,3,8,8\]$/,
      IMAGE_REMEDY,
    ],
    [
      "its text tower is for another context length",
      consisting({ text: tinyTextTower(TINY, TINY_VOCABULARY, { sequence: 77 }) }),
      /^text\.onnx: input "input_ids" is \[batch,77\], the manifest's context length is 12$/,
      TEXT_REMEDY,
    ],
    [
      "its text tower takes no batch as large as may come",
      consisting({ text: tinyTextTower(TINY, TINY_VOCABULARY, { batch: 1 }) }),
      /^text\.onnx: the warm-up with the tokenizer's highest id, 515, and the padding, 0 failed: .*invalid dimensions/,
      TEXT_REMEDY,
    ],
    [
      "its text tower knows fewer tokens than its tokenizer",
      consisting({ text: tinyTextTower(TINY, TINY_VOCABULARY - 1) }),
      /^text\.onnx: the warm-up with the tokenizer's highest id, 515, .* failed: .*out of data bounds/,
      TEXT_REMEDY,
    ],
    [
      "its text tower does not know the padding",
      manifestWith(({ text }) => Object.assign(text, { pad_id: TINY_VOCABULARY })),
      /^text\.onnx: the warm-up with .* the padding, 516 failed: .*out of data bounds/,
      TEXT_REMEDY,
    ],
    [
      "it gives vectors without numbers",
      manifestWith(({ image }) => Object.assign(image, { std: [1e-300, 1, 1] })),
      /^image\.onnx: the warm-up with one image failed: the model gave a vector of norm (NaN|Infinity)$/,
      IMAGE_REMEDY,
    ],
    [
      "it gives vectors of zeros",
      consisting({
        text: tinyTextTower(TINY, TINY_VOCABULARY, { projection: new Float32Array(TINY.dims * TINY.dims) }),
      }),
      /^text\.onnx: the warm-up with one text failed: the model gave a vector of norm 0$/,
      TEXT_REMEDY,
    ],
    [
      "a tower is a truncated ONNX file",
      consisting({ image: files.image.subarray(0, files.image.length / 2) }),
      /^image\.onnx: .*(parsing|Protobuf)/,
      IMAGE_REMEDY,
    ],
    [
      "its tokenizer is none",
      consisting({ tokenizer: Buffer.from("<html>not found</html>") }),
      /^tokenizer\.json: .*JSON/,
      TOKENIZER_REMEDY,
    ],
    [
      "its tokenizer is of an unknown kind",
      consisting({ tokenizer: tokenizer({ model: { type: "Telepathy" } }) }),
      /^tokenizer\.json: ./,
      TOKENIZER_REMEDY,
    ],
    [
      "its tokenizer adds no special tokens",
      consisting({ tokenizer: tokenizer({ post_processor: null }) }),
      /^tokenizer\.json: it puts no start and end token around a text$/,
      TOKENIZER_REMEDY,
    ],
  ])("%s", async (_, arrange, reason, remedy) => {
    await arrange();
    const said = await reasonBesideAGoodOne(modelsDir);
    expect(said).not.toContain("\n");
    expect(said?.slice(-remedy.length)).toBe(remedy);
    expect(said?.slice(0, -remedy.length)).toMatch(reason);
  });

  it("it does not fit into memory", async () => {
    const large = { ...files, text: tinyTextTower({ ...TINY, dims: 64 }, TINY_VOCABULARY) };
    await writeTinyModel(modelsDir, "bad", large);
    expect(await reasonBesideAGoodOne(modelsDir, { freeBytes: () => 200_000 })).toMatch(
      /^loading image\.onnx and text\.onnx takes about 0\.3 MB, and 0\.2 MB are free; give the process more memory/,
    );
  });
});
