import { expect, it } from "vitest";
import { mirrored, parseMirror } from "./mirror.ts";

const url = new URL("https://models.example/acme/resolve/1/image.onnx?download=true");

it.each([
  ["https://mirror.example", "https://mirror.example/acme/resolve/1/image.onnx?download=true"],
  ["http://mirror.example:8080/", "http://mirror.example:8080/acme/resolve/1/image.onnx?download=true"],
  ["https://mirror.example/models/", "https://mirror.example/models/acme/resolve/1/image.onnx?download=true"],
])("%s takes the host's place", (mirror, expected) => {
  expect(mirrored(url, parseMirror(mirror)).href).toBe(expected);
});

it("leaves addresses alone without a mirror", () => {
  expect(parseMirror(undefined)).toBeUndefined();
  expect(parseMirror("")).toBeUndefined();
  expect(mirrored(url, undefined)).toBe(url);
});

it.each([
  "mirror.example",
  "ftp://mirror.example",
  "https://user:secret@mirror.example",
  "https://mirror.example/?a=b",
])("refuses %s", (text) => {
  expect(() => parseMirror(text)).toThrow("SIGHTLINE_MODEL_MIRROR is an address like");
});
