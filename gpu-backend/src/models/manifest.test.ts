import { describe, expect, it } from "vitest";
import { tinyManifest, tinyModelFiles } from "../testing/tiny-model.ts";
import { Manifest } from "./manifest.ts";

const good = tinyManifest("tiny", tinyModelFiles());
const file = good.image.files.fp32;

describe("Manifest", () => {
  it("reads a manifest", () => {
    expect(Manifest.parse(good)).toEqual(good);
  });

  it("takes a background of six hex digits, in either case", () => {
    const image = { ...good.image, background: "#FFee00" };
    expect(Manifest.parse({ ...good, image }).image).toEqual(image);
  });

  it("takes pixels for normalised floats where it says nothing", () => {
    const { pixels: _, ...image } = good.image;
    expect(Manifest.parse({ ...good, image }).image.pixels).toBe("float32_nchw");
    expect(Manifest.safeParse({ ...good, image: { ...image, pixels: "uint8_nchw" } }).success).toBe(false);
  });

  it.each(["../other/image.onnx", "/etc/passwd", "a/../../b", "a//b", "", ".hidden", "a\\b", "a/./b"])(
    "refuses the path %j, which could leave the model's folder",
    (path) => {
      const image = { ...good.image, files: { fp32: { ...file, path } } };
      expect(Manifest.safeParse({ ...good, image }).success).toBe(false);
    },
  );

  it.each([
    ["an unknown family", { ...good, family: "gan" }],
    ["an unknown field", { ...good, colour: "red" }],
    ["a tower without files", { ...good, image: { ...good.image, files: {} } }],
    ["an unknown variant", { ...good, image: { ...good.image, files: { fp8: file } } }],
    ["a digest that is none", { ...good, image: { ...good.image, files: { fp32: { ...file, sha256: "abc" } } } }],
    [
      "a plain-http download",
      { ...good, image: { ...good.image, files: { fp32: { ...file, url: "http://a.example/b" } } } },
    ],
    ["a deviation of zero", { ...good, image: { ...good.image, std: [0.2, 0, 0.2] } }],
    ["a colour's name", { ...good, image: { ...good.image, background: "white" } }],
    ["a transparent background", { ...good, image: { ...good.image, background: "#ffffff00" } }],
    ["a template without a place", { ...good, default_template: "a photo" }],
  ])("refuses %s", (_, manifest) => {
    expect(Manifest.safeParse(manifest).success).toBe(false);
  });
});
