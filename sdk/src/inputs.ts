/** Inputs as callers have them, as the API takes them in JSON: pictures become URLs, data URIs or base64. */
import { bytesToBase64 } from "./base64.ts";
import { SightlineError } from "./errors.ts";
import type { ImageSource, Input } from "./types.ts";

export type WireInput = { readonly text: string } | { readonly image: string };

/** @throws SightlineError if a file cannot be read here. */
export async function toWire(input: Input): Promise<WireInput> {
  if (typeof input === "string") return { text: input };
  if ("text" in input && typeof input.text === "string") return { text: input.text };
  if ("file" in input || "image" in input) return pictureToWire(input);
  return pictureToWire({ image: input as Exclude<ImageSource, string> });
}

/** @throws SightlineError if a file cannot be read here. */
export async function pictureToWire(
  picture: { readonly file: string } | { readonly image: ImageSource },
): Promise<{ readonly image: string }> {
  if ("file" in picture) return { image: bytesToBase64(await readFile(picture.file)) };
  return { image: await imageToWire(picture.image) };
}

export const toWireList = (inputs: readonly Input[]): Promise<WireInput[]> => Promise.all(inputs.map(toWire));

async function imageToWire(image: ImageSource): Promise<string> {
  if (typeof image === "string") return image;
  if (image instanceof URL) {
    return image.protocol === "file:" ? bytesToBase64(await readFile(image)) : image.href;
  }
  if (image instanceof Blob) return bytesToBase64(new Uint8Array(await image.arrayBuffer()));
  return bytesToBase64(image instanceof Uint8Array ? image : new Uint8Array(image));
}

/** Asked of the runtime when it is needed, and not imported: so that one build runs where there are no files. */
async function readFile(path: string | URL): Promise<Uint8Array> {
  const files = globalThis.process?.getBuiltinModule?.("node:fs/promises");
  if (!files) throw new SightlineError(`${String(path)} cannot be read: there is no file system here. Send its bytes`);
  try {
    return await files.readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SightlineError(`${String(path)} cannot be read: ${reason}`, { cause });
  }
}
