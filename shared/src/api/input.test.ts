import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ApiError } from "../errors.ts";
import { parseInput } from "./input.ts";

const png = "iVBORw0KGgoAAAANSUhEUg==";

function codeOf(input: Parameters<typeof parseInput>[0]): string {
  try {
    return parseInput(input, "input").kind;
  } catch (error) {
    return error instanceof ApiError ? `${error.code} at ${error.param}` : "not an ApiError";
  }
}

describe("an input", () => {
  it.each([
    ["a text", "hello", "text"],
    ["a text that looks like a URL", "https://example.com/", "text"],
    ["a text object", { text: "hello" }, "text"],
    ["an image URL", { image: "https://example.com/a.png" }, "image_url"],
    ["plain base64", { image: png }, "image"],
    ["a data URI", { image: `data:image/png;base64,${png}` }, "image"],
    ["a data URI with a parameter", { image: `data:image/png;name=a.png;base64,${png}` }, "image"],
    ["bytes", { image: Uint8Array.from(atob(png), (c) => c.charCodeAt(0)) }, "image"],
    ["a data URI without base64", { image: "data:image/png,abc" }, "image_invalid at input.image"],
    ["a data URI without comma", { image: "data:image/png;base64" }, "image_invalid at input.image"],
    ["a data URI of HTML", { image: "data:text/html;base64,AAAA" }, "image_format_unsupported at input.image"],
    ["a JPEG that is a PNG", { image: `data:image/jpeg;base64,${png}` }, "image_type_mismatch at input.image"],
    ["an FTP URL", { image: "ftp://example.com/a.png" }, "image_url_refused at input.image"],
    ["a malformed URL", { image: "http://[" }, "image_url_refused at input.image"],
    ["no bytes", { image: new Uint8Array() }, "image_invalid at input.image"],
    ["too many bytes", { image: new Uint8Array(10 * 1024 * 1024 + 1) }, "image_too_large at input.image"],
    ["too much base64", { image: "A".repeat(15_000_000) }, "image_too_large at input.image"],
  ])("that is %s", (_, input, expected) => {
    expect(codeOf(input)).toBe(expected);
  });

  it("is parsed or refused by the catalogue, whatever the string", () => {
    fc.assert(fc.property(fc.string(), (image) => codeOf({ image }) !== "not an ApiError"));
  });
});
