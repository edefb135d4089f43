/** The in-memory data: keys to strings, hashes and sets, with expiry, and with a bound on what expires. */
import { type ByteString, CommandError } from "../reply.ts";

export type Value =
  | { readonly type: "string"; readonly data: ByteString }
  | { readonly type: "hash"; readonly data: Map<ByteString, ByteString> }
  | { readonly type: "set"; readonly data: Set<ByteString> };

interface Fleeting {
  readonly value: Value;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface KeyspaceOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** The most keys with an expiry that are kept; beyond it the one written longest ago goes. */
  readonly maxFleetingKeys: number;
}

export class Keyspace {
  readonly #clock: () => number;
  readonly #maxFleetingKeys: number;
  readonly #lasting = new Map<ByteString, Value>();
  /** In the order of their last write, which is what `Map` keeps if a key is deleted before it is set again. */
  readonly #fleeting = new Map<ByteString, Fleeting>();

  constructor({ clock, maxFleetingKeys }: KeyspaceOptions) {
    this.#clock = clock;
    this.#maxFleetingKeys = maxFleetingKeys;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#clock();
  }

  get(key: ByteString): Value | undefined {
    return this.#lasting.get(key) ?? this.#live(key)?.value;
  }

  /** Replaces whatever the key held. @param expiresAt milliseconds since 1970; undefined for never. */
  put(key: ByteString, value: Value, expiresAt?: number): void {
    this.delete(key);
    if (expiresAt === undefined) {
      this.#lasting.set(key, value);
      return;
    }
    this.#fleeting.set(key, { value, expiresAt });
    if (this.#fleeting.size > this.#maxFleetingKeys) {
      const [oldest] = this.#fleeting.keys();
      if (oldest !== undefined) this.#fleeting.delete(oldest);
    }
  }

  /** @returns whether there was such a key. */
  delete(key: ByteString): boolean {
    const existed = this.get(key) !== undefined;
    this.#lasting.delete(key);
    this.#fleeting.delete(key);
    return existed;
  }

  /** @returns undefined if the key is missing or never expires. */
  expiresAt(key: ByteString): number | undefined {
    return this.#live(key)?.expiresAt;
  }

  /** Whether the key exists and never expires: the keys that outlive a restart. */
  isLasting(key: ByteString): boolean {
    return this.#lasting.has(key);
  }

  keys(): ByteString[] {
    return [...this.#lasting.keys(), ...[...this.#fleeting.keys()].filter((key) => this.#live(key))];
  }

  lasting(): IterableIterator<[ByteString, Value]> {
    return this.#lasting.entries();
  }

  /** @throws CommandError(WRONGTYPE) */
  string(key: ByteString): ByteString | undefined {
    const value = this.get(key);
    if (value && value.type !== "string") throw wrongType();
    return value?.data;
  }

  /** @throws CommandError(WRONGTYPE) */
  hash(key: ByteString): Map<ByteString, ByteString> | undefined {
    const value = this.get(key);
    if (value && value.type !== "hash") throw wrongType();
    return value?.data;
  }

  /** @throws CommandError(WRONGTYPE) */
  set(key: ByteString): Set<ByteString> | undefined {
    const value = this.get(key);
    if (value && value.type !== "set") throw wrongType();
    return value?.data;
  }

  /** The hash to write into; made if the key is missing. @throws CommandError(WRONGTYPE) */
  hashToWrite(key: ByteString): Map<ByteString, ByteString> {
    const existing = this.hash(key);
    if (existing) return existing;
    const data = new Map<ByteString, ByteString>();
    this.put(key, { type: "hash", data });
    return data;
  }

  /** The set to write into; made if the key is missing. @throws CommandError(WRONGTYPE) */
  setToWrite(key: ByteString): Set<ByteString> {
    const existing = this.set(key);
    if (existing) return existing;
    const data = new Set<ByteString>();
    this.put(key, { type: "set", data });
    return data;
  }

  #live(key: ByteString): Fleeting | undefined {
    const entry = this.#fleeting.get(key);
    if (!entry || entry.expiresAt > this.#clock()) return entry;
    this.#fleeting.delete(key);
    return undefined;
  }
}

function wrongType(): CommandError {
  return new CommandError("WRONGTYPE Operation against a key holding the wrong kind of value");
}
