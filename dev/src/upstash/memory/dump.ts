/** A key's value as the commands that make it anew. */
import { type ByteString, type Command, encodeText } from "../reply.ts";
import type { Value } from "./keyspace.ts";

/** Elements per command: arguments are spread into function calls, and the stack bounds those. */
const CHUNK = 1000;

export function dumpKey(key: ByteString, value: Value): Command[] {
  switch (value.type) {
    case "string":
      return [[encodeText("SET"), key, value.data]];
    case "hash":
      return inChunks([...value.data]).map((pairs) => [encodeText("HSET"), key, ...pairs.flat()]);
    case "set":
      return inChunks([...value.data]).map((members) => [encodeText("SADD"), key, ...members]);
  }
}

function inChunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, i) => items.slice(i * CHUNK, (i + 1) * CHUNK));
}
