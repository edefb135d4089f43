/** Commands of the in-memory Redis on keys of any type, and on the server. https://redis.io/docs/latest/commands/?group=generic */
import { type ByteString, CommandError, decodeText, encodeText, OK, type Reply, Status } from "../reply.ts";
import {
  allKeys,
  type CommandTable,
  firstKey,
  parseInt64,
  syntaxError,
  type TimeUnit,
  toDeadline,
} from "./command-table.ts";
import { globToRegExp } from "./glob.ts";
import type { Keyspace } from "./keyspace.ts";

const PONG = new Status("PONG");
const FIRST_CURSOR = encodeText("0");

export const keyCommands: CommandTable = {
  PING: { arity: -1, run: (_store, message) => message ?? PONG },
  ECHO: { arity: 2, run: (_store, message) => message },
  DBSIZE: { arity: 1, run: (store) => store.keys().length },
  FLUSHALL: { arity: -1, writes: (_args, store) => store.keys(), run: flush },
  FLUSHDB: { arity: -1, writes: (_args, store) => store.keys(), run: flush },
  DEL: { arity: -2, writes: allKeys, run: deleteKeys },
  UNLINK: { arity: -2, writes: allKeys, run: deleteKeys },
  EXISTS: { arity: -2, run: (store, ...keys) => keys.filter((key) => store.get(key)).length },
  TYPE: { arity: 2, run: (store, key) => new Status(store.get(key)?.type ?? "none") },
  KEYS: { arity: 2, run: (store, pattern) => matching(store, pattern) },
  SCAN: { arity: -2, run: scan },
  EXPIRE: { arity: -3, writes: firstKey, run: (store, ...args) => expire("EX", store, args) },
  PEXPIRE: { arity: -3, writes: firstKey, run: (store, ...args) => expire("PX", store, args) },
  EXPIREAT: { arity: -3, writes: firstKey, run: (store, ...args) => expire("EXAT", store, args) },
  PEXPIREAT: { arity: -3, writes: firstKey, run: (store, ...args) => expire("PXAT", store, args) },
  PERSIST: {
    arity: 2,
    writes: firstKey,
    run(store, key) {
      const value = store.get(key);
      if (!value || store.isLasting(key)) return 0;
      store.put(key, value);
      return 1;
    },
  },
  TTL: { arity: 2, run: (store, key) => timeToLive(store, key, 1000) },
  PTTL: { arity: 2, run: (store, key) => timeToLive(store, key, 1) },
};

function flush(store: Keyspace): Reply {
  for (const key of store.keys()) store.delete(key);
  return OK;
}

function deleteKeys(store: Keyspace, ...keys: ByteString[]): number {
  return keys.filter((key) => store.delete(key)).length;
}

function matching(store: Keyspace, pattern: ByteString): ByteString[] {
  const regExp = globToRegExp(pattern);
  return store.keys().filter((key) => regExp.test(key));
}

/** Everything at once and cursor 0: COUNT is only a hint, and the keys of a local stack are few. */
function scan(store: Keyspace, cursor: ByteString, ...rest: ByteString[]): Reply {
  if (!/^\d{1,20}$/.test(cursor)) throw new CommandError("ERR invalid cursor");
  let pattern = encodeText("*");
  let type: string | undefined;
  for (let i = 0; i < rest.length; i += 2) {
    const [option, argument] = rest.slice(i, i + 2);
    if (option === undefined || argument === undefined) throw syntaxError();
    if (option.toUpperCase() === "MATCH") pattern = argument;
    else if (option.toUpperCase() === "TYPE") type = argument.toLowerCase();
    else if (option.toUpperCase() !== "COUNT" || parseInt64(argument) < 1n) throw syntaxError();
  }
  const found = matching(store, pattern);
  return [FIRST_CURSOR, type === undefined ? found : found.filter((key) => store.get(key)?.type === type)];
}

function expire(unit: TimeUnit, store: Keyspace, args: readonly ByteString[]): number {
  const [key, amount, ...conditions] = args;
  if (key === undefined || amount === undefined) throw syntaxError();
  const expiresAt = toDeadline(unit, amount, store.now());
  const verdicts = conditions.map((condition) => mayExpire(condition, expiresAt, store.expiresAt(key)));
  const value = store.get(key);
  if (!value || verdicts.includes(false)) return 0;
  if (expiresAt > store.now()) store.put(key, value, expiresAt);
  else store.delete(key);
  return 1;
}

/** @param current undefined for a key that never expires, which counts as later than any time. */
function mayExpire(condition: ByteString, expiresAt: number, current: number | undefined): boolean {
  switch (condition.toUpperCase()) {
    case "NX":
      return current === undefined;
    case "XX":
      return current !== undefined;
    case "GT":
      return current !== undefined && expiresAt > current;
    case "LT":
      return current === undefined || expiresAt < current;
    default:
      throw new CommandError(`ERR Unsupported option ${decodeText(condition)}`);
  }
}

function timeToLive(store: Keyspace, key: ByteString, millisecondsPerUnit: number): number {
  if (!store.get(key)) return -2;
  const expiresAt = store.expiresAt(key);
  return expiresAt === undefined ? -1 : Math.round((expiresAt - store.now()) / millisecondsPerUnit);
}
