/**
 * Redis over Upstash's REST protocol, one client per request: commands that belong together share a round trip, and no
 * request waits on another's I/O. Every call is bounded in time; failures are for the caller to survive.
 */
import { z } from "zod";
import type { Config } from "./env.ts";
import { type Command, postCommands, type RedisAddress, type Reply } from "./redis-rest.ts";
import { RoundTrips } from "./redis-round-trips.ts";
import { LATEST, type Script } from "./redis-script.ts";

const Text = z.string().nullable();
const Texts = z.array(z.string());
const SparseTexts = z.array(Text);
const Count = z.int();
const Did = z.union([z.literal(0), z.literal(1)]);

/** What an isolate's clients have in common: reads tell of whatever was written or seen by the isolate before their client was made. */
export interface RedisSession {
  syncToken: string | null;
}

/** Every method rejects where Redis is away, refuses the command or answers with something of another kind. */
export class RedisClient {
  readonly #address: RedisAddress;
  readonly #roundTrips: RoundTrips;
  readonly #session: RedisSession;
  /** Of this client's last answer: another one's may come later and be older. */
  #syncToken: string | null;

  constructor(address: RedisAddress, session: RedisSession = { syncToken: null }) {
    this.#address = address;
    this.#session = session;
    this.#syncToken = session.syncToken;
    this.#roundTrips = new RoundTrips((commands) => this.#post("pipeline", commands));
  }

  /** Whether a command of this turn is about to go out: another one would cost no round trip. */
  get isAsking(): boolean {
    return this.#roundTrips.isDue;
  }

  /** Any command. What Redis answers to it, unread: a text, a number, null, or a list of these. */
  command(...command: Command): Promise<unknown> {
    return this.#roundTrips.send(command);
  }

  async get(key: string): Promise<string | null> {
    return Text.parse(await this.command("GET", key));
  }

  /** @param ex seconds that it lives. */
  async set(key: string, value: string, { ex }: { readonly ex?: number } = {}): Promise<void> {
    z.literal("OK").parse(await this.command("SET", key, value, ...(ex === undefined ? [] : ["EX", ex])));
  }

  /** @returns how many there were. */
  async del(...keys: readonly string[]): Promise<number> {
    return Count.parse(await this.command("DEL", ...keys));
  }

  async mget(...keys: readonly string[]): Promise<readonly (string | null)[]> {
    const values = SparseTexts.parse(await this.command("MGET", ...keys));
    if (values.length !== keys.length) throw new Error("Redis: not as many values as keys");
    return values;
  }

  async hget(key: string, field: string): Promise<string | null> {
    return Text.parse(await this.command("HGET", key, field));
  }

  async hmget(key: string, ...fields: readonly string[]): Promise<readonly (string | null)[]> {
    return SparseTexts.parse(await this.command("HMGET", key, ...fields));
  }

  async hgetall(key: string): Promise<Readonly<Record<string, string>>> {
    const flat = Texts.parse(await this.command("HGETALL", key));
    return Object.fromEntries(flat.flatMap((field, i) => (i % 2 === 0 ? [[field, flat[i + 1] ?? ""]] : [])));
  }

  async hkeys(key: string): Promise<readonly string[]> {
    return Texts.parse(await this.command("HKEYS", key));
  }

  async hvals(key: string): Promise<readonly string[]> {
    return Texts.parse(await this.command("HVALS", key));
  }

  async hlen(key: string): Promise<number> {
    return Count.parse(await this.command("HLEN", key));
  }

  /** @returns false if the field was there. */
  async hsetnx(key: string, field: string, value: string): Promise<boolean> {
    return Did.parse(await this.command("HSETNX", key, field, value)) === 1;
  }

  async ping(): Promise<void> {
    await this.command("PING");
  }

  /** A script as Redis knows it, by its digest; its text is sent only to a Redis that has not met it. */
  async evaluate(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const rest = [keys.length, ...keys, ...args];
    try {
      return await this.command("EVALSHA", await script.digest(), ...rest);
    } catch (cause) {
      if (!(cause instanceof Error) || !cause.message.includes("NOSCRIPT")) throw cause;
      return this.command("EVAL", script.lua, ...rest);
    }
  }

  /** Of a script that returns 1 or 0: whether it did what it is for. */
  async did(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<boolean> {
    return Did.parse(await this.evaluate(script, keys, args)) === 1;
  }

  /**
   * What lies under these keys, or in this field of each, after every write that was acknowledged; `get` and `hget` may tell what a
   * replica knows. Dearer: for what is decided by it, and for what seems not to be there.
   */
  async latest(keys: readonly string[], field?: string): Promise<readonly (string | null)[]> {
    return SparseTexts.parse(await this.evaluate(LATEST, keys, field === undefined ? [] : [field]));
  }

  /** All of them or none, in a round trip of their own. @throws if one of them fails. */
  async transaction(commands: readonly Command[]): Promise<void> {
    const replies = await this.#post(
      "multi-exec",
      commands.map((command) => JSON.stringify(command)),
    );
    for (const reply of replies) if ("error" in reply) throw reply.error;
  }

  async #post(path: "pipeline" | "multi-exec", commands: readonly string[]): Promise<readonly Reply[]> {
    const { replies, syncToken } = await postCommands(this.#address, path, commands, this.#syncToken);
    if (syncToken !== null) this.#syncToken = this.#session.syncToken = syncToken;
    return replies;
  }
}

export const createRedis = (
  { REDIS_URL, REDIS_TOKEN }: Pick<Config, "REDIS_URL" | "REDIS_TOKEN">,
  session?: RedisSession,
): RedisClient => new RedisClient({ url: REDIS_URL, token: REDIS_TOKEN }, session);

/** The little of Redis that a plain stored value needs. */
export interface KeyValue {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
}
