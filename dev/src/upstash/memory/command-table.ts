/** What a command of the in-memory Redis is, and the argument parsing that several of them share. */
import { type ByteString, CommandError, encodeText, type Reply } from "../reply.ts";
import type { Keyspace } from "./keyspace.ts";

export interface CommandSpec {
  /** As COMMAND INFO counts it: with the name; negative for «at least». */
  readonly arity: number;
  /** The keys that the command may change; absent for commands that only read. */
  readonly writes?: (args: readonly ByteString[], store: Keyspace) => readonly ByteString[];
  /** @throws CommandError, after which nothing has changed. */
  readonly run: (store: Keyspace, ...args: ByteString[]) => Reply;
}

/** By upper-case name. */
export type CommandTable = Readonly<Record<string, CommandSpec>>;

export const firstKey = (args: readonly ByteString[]): readonly ByteString[] => args.slice(0, 1);
export const allKeys = (args: readonly ByteString[]): readonly ByteString[] => args;
/** Of `key value key value …`. */
export const alternateKeys = (args: readonly ByteString[]): readonly ByteString[] =>
  args.filter((_, index) => index % 2 === 0);

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A signed 64-bit integer in the only spelling that Redis takes: no plus sign, no leading zero, no space. */
export function parseInt64(text: ByteString): bigint {
  if (/^(?:0|-?[1-9]\d{0,18})$/.test(text)) {
    const value = BigInt(text);
    if (value >= INT64_MIN && value <= INT64_MAX) return value;
  }
  throw new CommandError("ERR value is not an integer or out of range");
}

/** `current + by`, both as text. @param current undefined counts as 0. */
export function addInt64(current: ByteString | undefined, by: bigint, notInteger?: string): bigint {
  let start: bigint;
  try {
    start = parseInt64(current ?? encodeText("0"));
  } catch (cause) {
    throw notInteger ? new CommandError(notInteger) : cause;
  }
  const sum = start + by;
  if (sum > INT64_MAX || sum < INT64_MIN) throw new CommandError("ERR increment or decrement would overflow");
  return sum;
}

/** `field value field value …` of at least one pair. @throws CommandError in the name of `command`. */
export function parsePairs(command: string, items: readonly ByteString[]): readonly [ByteString, ByteString][] {
  const pairs: [ByteString, ByteString][] = [];
  for (let i = 0; i < items.length; i += 2) {
    const [name, value] = items.slice(i, i + 2);
    if (name === undefined || value === undefined) throw wrongArity(command);
    pairs.push([name, value]);
  }
  return pairs;
}

export function wrongArity(command: string): CommandError {
  return new CommandError(`ERR wrong number of arguments for '${command.toLowerCase()}' command`);
}

export function syntaxError(): CommandError {
  return new CommandError("ERR syntax error");
}

export type TimeUnit = "EX" | "PX" | "EXAT" | "PXAT";

export function isTimeUnit(text: string): text is TimeUnit {
  return text === "EX" || text === "PX" || text === "EXAT" || text === "PXAT";
}

/** @returns milliseconds since 1970; may lie in the past. */
export function toDeadline(unit: TimeUnit, amount: ByteString, now: number): number {
  const milliseconds = Number(parseInt64(amount)) * (unit.startsWith("EX") ? 1000 : 1);
  return unit.endsWith("AT") ? milliseconds : now + milliseconds;
}
