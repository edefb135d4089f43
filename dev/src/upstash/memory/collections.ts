/** Hash and set commands of the in-memory Redis. https://redis.io/docs/latest/commands/?group=hash */
import { type ByteString, encodeText } from "../reply.ts";
import { addInt64, type CommandTable, firstKey, parseInt64, parsePairs } from "./command-table.ts";
import type { Keyspace } from "./keyspace.ts";

export const hashCommands: CommandTable = {
  HSET: {
    arity: -4,
    writes: firstKey,
    run(store, key, ...items) {
      const pairs = parsePairs("hset", items);
      const hash = store.hashToWrite(key);
      const before = hash.size;
      for (const [field, value] of pairs) hash.set(field, value);
      return hash.size - before;
    },
  },
  HSETNX: {
    arity: 4,
    writes: firstKey,
    run(store, key, field, value) {
      const hash = store.hashToWrite(key);
      if (hash.has(field)) return 0;
      hash.set(field, value);
      return 1;
    },
  },
  HINCRBY: {
    arity: 4,
    writes: firstKey,
    run(store, key, field, by) {
      const sum = addInt64(store.hash(key)?.get(field), parseInt64(by), "ERR hash value is not an integer");
      store.hashToWrite(key).set(field, encodeText(String(sum)));
      return Number(sum);
    },
  },
  HDEL: {
    arity: -3,
    writes: firstKey,
    run: (store, key, ...fields) => deleteFrom(store, key, store.hash(key), fields),
  },
  HGET: { arity: 3, run: (store, key, field) => store.hash(key)?.get(field) ?? null },
  HMGET: {
    arity: -3,
    run(store, key, ...fields) {
      const hash = store.hash(key);
      return fields.map((field) => hash?.get(field) ?? null);
    },
  },
  HGETALL: { arity: 2, run: (store, key) => [...(store.hash(key) ?? [])].flat() },
  HKEYS: { arity: 2, run: (store, key) => [...(store.hash(key)?.keys() ?? [])] },
  HVALS: { arity: 2, run: (store, key) => [...(store.hash(key)?.values() ?? [])] },
  HLEN: { arity: 2, run: (store, key) => store.hash(key)?.size ?? 0 },
  HEXISTS: { arity: 3, run: (store, key, field) => (store.hash(key)?.has(field) ? 1 : 0) },
};

export const setCommands: CommandTable = {
  SADD: {
    arity: -3,
    writes: firstKey,
    run(store, key, ...members) {
      const set = store.setToWrite(key);
      const before = set.size;
      for (const member of members) set.add(member);
      return set.size - before;
    },
  },
  SREM: {
    arity: -3,
    writes: firstKey,
    run: (store, key, ...members) => deleteFrom(store, key, store.set(key), members),
  },
  SMEMBERS: { arity: 2, run: (store, key) => [...(store.set(key) ?? [])] },
  SCARD: { arity: 2, run: (store, key) => store.set(key)?.size ?? 0 },
  SISMEMBER: { arity: 3, run: (store, key, member) => (store.set(key)?.has(member) ? 1 : 0) },
  SMISMEMBER: {
    arity: -3,
    run(store, key, ...members) {
      const set = store.set(key);
      return members.map((member) => (set?.has(member) ? 1 : 0));
    },
  },
};

/** Redis has no empty hashes and sets: the key goes with its last element. */
function deleteFrom(
  store: Keyspace,
  key: ByteString,
  elements: { delete(element: ByteString): boolean; readonly size: number } | undefined,
  doomed: readonly ByteString[],
): number {
  const deleted = doomed.filter((element) => elements?.delete(element)).length;
  if (elements?.size === 0) store.delete(key);
  return deleted;
}
