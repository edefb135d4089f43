/** What a caller may send as one input: a text or a picture. */
import { z } from "zod";
import { ApiError } from "../errors.ts";
import { IMAGE_TYPES, sniffImageType } from "../image-bytes.ts";
import { LIMITS } from "../limits.ts";
import { base64ToBytes } from "../vectors.ts";

const utf8 = new TextEncoder();

export const TextValue = z
  .string()
  .refine((s) => s.trim().length > 0, { params: { code: "empty_input" }, message: "the text is empty" })
  .refine((s) => s.length <= LIMITS.textBytes && utf8.encode(s).length <= LIMITS.textBytes, {
    params: { code: "text_too_long" },
    message: "the text is longer than 8192 bytes of UTF-8",
  });

/** In JSON a string; from a multipart part or a bare image body the bytes themselves. */
export const ImageValue = z.union([z.string().min(1), z.instanceof(Uint8Array)]).meta({
  description: "An http(s) URL, a data URI, or plain base64 of a JPEG, PNG, WebP, GIF or AVIF file",
  example: "https://example.com/cat.jpg",
});

export const TextInput = z.strictObject({ text: TextValue }).meta({ title: "{text}" });
export const ImageInput = z.strictObject({ image: ImageValue }).meta({ title: "{image}" });

export const Input = z.union([TextValue, TextInput, ImageInput]).meta({
  id: "Input",
  description: "A text (a plain string or `{text}`) or a picture (`{image}`)",
  example: "a red apple",
});
export type Input = z.infer<typeof Input>;

/** An input after parsing: what kind of work it is, with its bytes at hand unless the backend has to fetch them. */
export type ParsedInput =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "image"; readonly bytes: Uint8Array }
  | { readonly kind: "image_url"; readonly url: string };

export type ParsedImage = Exclude<ParsedInput, { readonly kind: "text" }>;

/** @throws ApiError naming `param`: image_invalid, image_too_large, image_format_unsupported, image_type_mismatch, image_url_refused. */
export function parseInput(input: Input, param: string): ParsedInput {
  if (typeof input === "string") return { kind: "text", text: input };
  if ("text" in input) return { kind: "text", text: input.text };
  return parseImage(input.image, `${param}.image`);
}

/** Reads the forms of an image: bytes, URL, data URI, plain base64. @throws as `parseInput`. */
export function parseImage(value: string | Uint8Array, param: string): ParsedImage {
  if (typeof value !== "string") return { kind: "image", bytes: acceptImageBytes(value, param) };
  if (/^https?:\/\//i.test(value)) {
    if (!URL.canParse(value))
      throw new ApiError("image_url_refused", { param, message: "The image URL is malformed." });
    return { kind: "image_url", url: value };
  }
  if (/^data:/i.test(value)) return parseDataUri(value, param);
  if (/^[a-z][a-z0-9+.-]*:/i.test(value)) {
    throw new ApiError("image_url_refused", { param, message: "Only http and https URLs are fetched." });
  }
  return { kind: "image", bytes: acceptImageBytes(decodeBase64(value, param), param) };
}

function parseDataUri(value: string, param: string): ParsedImage {
  const comma = value.indexOf(",");
  const header = value.slice(5, comma < 0 ? undefined : comma).toLowerCase();
  const [declared = "", ...parameters] = header.split(";");
  if (comma < 0 || !parameters.includes("base64")) {
    throw new ApiError("image_invalid", { param, message: "A data URI has the form data:image/png;base64,…" });
  }
  const wanted = declared === "image/jpg" ? "image/jpeg" : declared;
  if (!IMAGE_TYPES.some((type) => type === wanted)) {
    throw new ApiError("image_format_unsupported", {
      param,
      message: `The data URI declares "${declared.slice(0, 60)}".`,
    });
  }
  const bytes = acceptImageBytes(decodeBase64(value.slice(comma + 1), param), param);
  const actual = sniffImageType(bytes);
  if (actual !== wanted) {
    throw new ApiError("image_type_mismatch", {
      param,
      message: `The data URI declares ${wanted}, but the bytes are ${actual}.`,
    });
  }
  return { kind: "image", bytes };
}

function decodeBase64(text: string, param: string): Uint8Array {
  if (text.length > Math.ceil(LIMITS.imageBytes / 3) * 4 + 4) throw new ApiError("image_too_large", { param });
  try {
    return base64ToBytes(text);
  } catch (cause) {
    throw new ApiError("image_invalid", {
      param,
      message: "The image is neither a URL, a data URI nor base64.",
      cause,
    });
  }
}

/** The checks on uploaded bytes that need no decoder; whatever passes is decoded by the backend. */
function acceptImageBytes(bytes: Uint8Array, param: string): Uint8Array {
  if (bytes.length === 0) throw new ApiError("image_invalid", { param, message: "The image has no bytes." });
  if (bytes.length > LIMITS.imageBytes) throw new ApiError("image_too_large", { param });
  if (!sniffImageType(bytes)) throw new ApiError("image_format_unsupported", { param });
  return bytes;
}
