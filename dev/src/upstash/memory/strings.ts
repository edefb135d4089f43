/** String commands of the in-memory Redis. https://redis.io/docs/latest/commands/?group=string */
import { type ByteString, CommandError, encodeText, OK, type Reply } from "../reply.ts";
import {
  addInt64,
  alternateKeys,
  type CommandTable,
  firstKey,
  isTimeUnit,
  parseInt64,
  parsePairs,
  syntaxError,
  type TimeUnit,
  toDeadline,
} from "./command-table.ts";
import type { Keyspace } from "./keyspace.ts";

export const stringCommands: CommandTable = {
  GET: { arity: 2, run: (store, key) => store.string(key) ?? null },
  MGET: { arity: -2, run: (store, ...keys) => keys.map((key) => textOrNull(store, key)) },
  STRLEN: { arity: 2, run: (store, key) => store.string(key)?.length ?? 0 },
  SET: { arity: -3, writes: firstKey, run: set },
  SETNX: { arity: 3, writes: firstKey, run: (store, key, text) => (set(store, key, text, NX) === OK ? 1 : 0) },
  SETEX: { arity: 4, writes: firstKey, run: (store, ...args) => setWithExpiry("setex", "EX", store, args) },
  PSETEX: { arity: 4, writes: firstKey, run: (store, ...args) => setWithExpiry("psetex", "PX", store, args) },
  MSET: {
    arity: -3,
    writes: alternateKeys,
    run(store, ...items) {
      for (const [key, text] of parsePairs("mset", items)) putText(store, key, text);
      return OK;
    },
  },
  GETDEL: {
    arity: 2,
    writes: firstKey,
    run(store, key) {
      const text = store.string(key) ?? null;
      store.delete(key);
      return text;
    },
  },
  INCR: { arity: 2, writes: firstKey, run: (store, key) => increment(store, key, 1n) },
  DECR: { arity: 2, writes: firstKey, run: (store, key) => increment(store, key, -1n) },
  INCRBY: { arity: 3, writes: firstKey, run: (store, key, by) => increment(store, key, parseInt64(by)) },
  DECRBY: { arity: 3, writes: firstKey, run: (store, key, by) => increment(store, key, -parseInt64(by)) },
};

const NX = encodeText("NX");

interface SetOptions {
  expiry?: { readonly unit: TimeUnit; readonly amount: ByteString };
  condition?: "NX" | "XX";
  keepTtl: boolean;
  get: boolean;
}

function set(store: Keyspace, key: ByteString, text: ByteString, ...rest: ByteString[]): Reply {
  const { expiry, condition, keepTtl, get } = parseSetOptions(rest);
  const expiresAt = expiry ? deadline("set", expiry.unit, expiry.amount, store) : undefined;
  const previous = get ? (store.string(key) ?? null) : null;
  const exists = store.get(key) !== undefined;
  if ((condition === "NX" && exists) || (condition === "XX" && !exists)) return previous;
  putText(store, key, text, keepTtl ? store.expiresAt(key) : expiresAt);
  return get ? previous : OK;
}

function parseSetOptions(words: readonly ByteString[]): SetOptions {
  const options: SetOptions = { keepTtl: false, get: false };
  const rest = words.values();
  for (const word of rest) {
    const option = word.toUpperCase();
    if (isTimeUnit(option)) {
      const amount = rest.next().value;
      if (amount === undefined || options.expiry || options.keepTtl) throw syntaxError();
      options.expiry = { unit: option, amount };
    } else if (option === "KEEPTTL" && !options.expiry) options.keepTtl = true;
    else if (option === "GET") options.get = true;
    else if ((option === "NX" || option === "XX") && (options.condition ?? option) === option)
      options.condition = option;
    else throw syntaxError();
  }
  return options;
}

function setWithExpiry(command: string, unit: TimeUnit, store: Keyspace, args: readonly ByteString[]): Reply {
  const [key, amount, text] = args;
  if (key === undefined || amount === undefined || text === undefined) throw syntaxError();
  putText(store, key, text, deadline(command, unit, amount, store));
  return OK;
}

function deadline(command: string, unit: TimeUnit, amount: ByteString, store: Keyspace): number {
  if (parseInt64(amount) <= 0n) throw new CommandError(`ERR invalid expire time in '${command}' command`);
  return toDeadline(unit, amount, store.now());
}

function increment(store: Keyspace, key: ByteString, by: bigint): number {
  const sum = addInt64(store.string(key), by);
  putText(store, key, encodeText(String(sum)), store.expiresAt(key));
  return Number(sum);
}

function textOrNull(store: Keyspace, key: ByteString): ByteString | null {
  const value = store.get(key);
  return value?.type === "string" ? value.data : null;
}

function putText(store: Keyspace, key: ByteString, data: ByteString, expiresAt?: number): void {
  store.put(key, { type: "string", data }, expiresAt);
}
