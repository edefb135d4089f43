/** What Redis speaks, as values: byte strings in, replies out. Both backings and the HTTP layer share these types. */

declare const bytes: unique symbol;

/**
 * A Redis string: one character per byte (Latin-1). Redis strings are bytes, and a JavaScript string of this form is
 * exact, costs one byte per byte in V8 and can be the key of a `Map`, which a `Buffer` cannot.
 */
export type ByteString = string & { readonly [bytes]: true };

/** One command: its name as the caller spelt it, then its arguments. */
export type Command = readonly [name: ByteString, ...args: ByteString[]];

/** A status reply such as `+OK`. Only Lua can tell it from a bulk string. */
export class Status {
  readonly text: ByteString;
  constructor(text: string) {
    this.text = encodeText(text);
  }
}

/** An error reply in Redis' own words: an upper-case code, a space, a sentence. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

export type Reply = number | null | ByteString | Status | CommandError | readonly Reply[];

export const OK = new Status("OK");

export function encodeText(text: string): ByteString {
  return fromBytes(Buffer.from(text, "utf8"));
}

/** For messages: bytes that are no UTF-8 show as U+FFFD. */
export function decodeText(data: ByteString): string {
  return toBytes(data).toString("utf8");
}

export function fromBytes(data: Uint8Array): ByteString {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1") as ByteString;
}

export function toBytes(data: ByteString): Buffer {
  return Buffer.from(data, "latin1");
}
