/** Script identity: Upstash-flavoured Lua as its clients name it, and as plain Lua engines accept it. */
import { createHash } from "node:crypto";
import { type ByteString, toBytes } from "./reply.ts";

/** SHA-1 in lower-case hex over the text as the client sent it: the name that EVALSHA uses. */
export function scriptSha(script: ByteString): string {
  return createHash("sha1").update(toBytes(script)).digest("hex");
}

/**
 * `@upstash/ratelimit` opens its scripts with `#!lua flags=allow-key-locking`, a flag that only Upstash knows: Redis 7
 * refuses the script for it, and Lua engines before Redis 7 refuse any such line. The line break stays, so that line
 * numbers in error messages still fit.
 */
export function withoutShebang(script: ByteString): ByteString {
  return script.replace(/^#!lua[^\n]*/, "") as ByteString;
}
