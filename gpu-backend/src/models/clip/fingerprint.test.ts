import { describe, expect, it } from "vitest";
import { tinyManifest, tinyModelFiles } from "../../testing/tiny-model.ts";
import { ClipManifest } from "../manifest.ts";
import { fingerprint } from "./fingerprint.ts";

const tiny = tinyModelFiles();
const manifest = ClipManifest.parse(tinyManifest("tiny", tiny));
const file = { path: "a.onnx", bytes: 1, sha256: "a".repeat(64) };
const files = { image: file, text: file };
const other = { ...file, sha256: "b".repeat(64) };
const original = fingerprint(manifest, files);

describe("fingerprint", () => {
  it("is the same for the same model, whatever is only said about it", () => {
    const retold = { ...manifest, description: "other words", default_template: "a {}", logit_scale: 1 };
    expect(fingerprint(retold, { image: { ...file, path: "b.onnx" }, text: file })).toBe(original);
    expect(original).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    ["the image tower", manifest, { ...files, image: other }],
    ["the text tower", manifest, { ...files, text: other }],
    ["the mean", { ...manifest, image: { ...manifest.image, mean: [0, 0, 0] as const } }, files],
    ["the resize rule", { ...manifest, image: { ...manifest.image, resize: "shortest" as const } }, files],
    ["the background", { ...manifest, image: { ...manifest.image, background: "white" } }, files],
    ["the tokenizer", { ...manifest, text: { ...manifest.text, tokenizer: other } }, files],
    ["the cleaning", { ...manifest, text: { ...manifest.text, clean: "open_clip" as const } }, files],
    ["the context length", { ...manifest, text: { ...manifest.text, context_length: 99 } }, files],
  ])("changes with %s", (_, changed, chosen) => {
    expect(fingerprint(changed, chosen)).not.toBe(original);
  });
});
