/** The backing for a stack that has a Redis of its own: commands go through one ioredis connection. */
import { Redis, ReplyError } from "ioredis";
import type { Backing } from "./backing.ts";
import {
  type ByteString,
  type Command,
  CommandError,
  decodeText,
  encodeText,
  fromBytes,
  type Reply,
  toBytes,
} from "./reply.ts";
import { scriptSha, withoutShebang } from "./scripts.ts";

/** Commands that change the connection, which all callers share, or that would block it. */
const CONNECTION_BOUND = new Set(
  (
    "AUTH BLMOVE BLMPOP BLPOP BRPOP BRPOPLPUSH BZMPOP BZPOPMAX BZPOPMIN CLIENT DISCARD EXEC HELLO MONITOR MULTI " +
    "PSUBSCRIBE PSYNC PUNSUBSCRIBE QUIT RESET SELECT SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE SYNC UNSUBSCRIBE UNWATCH " +
    "WAIT WAITAOF WATCH"
  ).split(" "),
);

/** @throws Error if the Redis does not answer. */
export async function openRedis(url: string): Promise<Backing> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  // Without a listener ioredis prints every reconnection; each command's own rejection carries the cause already.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch (cause) {
    client.disconnect();
    throw new Error("the Redis of REDIS_URL does not answer", { cause });
  }
  return new RedisBacking(client);
}

class RedisBacking implements Backing {
  readonly #client: Redis;
  /** SHA-1 of a script as clients know it → SHA-1 of what Redis was given for it. */
  readonly #shas = new Map<string, string>();

  constructor(client: Redis) {
    this.#client = client;
  }

  async execute(command: Command): Promise<Reply> {
    const refusal = refuse(command);
    if (refusal) return refusal;
    const [name, ...args] = this.#translate(command);
    try {
      return restoreSha(command, toReply(await this.#client.callBuffer(name, args.map(toBytes))));
    } catch (cause) {
      return toCommandError(cause);
    }
  }

  async transaction(commands: readonly Command[]): Promise<readonly Reply[] | CommandError> {
    if (commands.some(refuse)) return new CommandError("EXECABORT Transaction discarded because of previous errors.");
    const batch = this.#client.multi();
    for (const command of commands) {
      const [name, ...args] = this.#translate(command);
      batch.callBuffer(name, args.map(toBytes));
    }
    try {
      const outcomes = (await batch.exec()) ?? [];
      return commands.map((command, index) => {
        const [error, result] = outcomes[index] ?? [];
        return error ? toCommandError(error) : restoreSha(command, toReply(result));
      });
    } catch (cause) {
      return toCommandError(cause);
    }
  }

  async close(): Promise<void> {
    this.#client.disconnect();
  }

  /** Upper case keeps ioredis from reshaping replies: its transformers (HGETALL to an object) go by lower-case names. */
  #translate(command: Command): Command {
    const [name, ...args] = command;
    const upper = encodeText(name.toUpperCase());
    const plainScript = (script: ByteString): ByteString => this.#plainScript(script);
    const plainSha = (sha: ByteString): ByteString => this.#plainSha(sha);
    switch (scriptUse(command)) {
      case "EVAL":
      case "EVAL_RO":
        return [upper, ...args.slice(0, 1).map(plainScript), ...args.slice(1)];
      case "EVALSHA":
      case "EVALSHA_RO":
        return [upper, ...args.slice(0, 1).map(plainSha), ...args.slice(1)];
      case "SCRIPT LOAD":
        return [upper, ...args.slice(0, 1), ...args.slice(1).map(plainScript)];
      case "SCRIPT EXISTS":
        return [upper, ...args.slice(0, 1), ...args.slice(1).map(plainSha)];
      default:
        return [upper, ...args];
    }
  }

  #plainScript(script: ByteString): ByteString {
    const plain = withoutShebang(script);
    if (plain !== script) this.#shas.set(scriptSha(script), scriptSha(plain));
    return plain;
  }

  #plainSha(sha: ByteString): ByteString {
    return encodeText(this.#shas.get(sha.toLowerCase()) ?? sha);
  }
}

/** The command's name in upper case, with its subcommand for SCRIPT. */
function scriptUse([name, subcommand]: Command): string {
  const upper = name.toUpperCase();
  return upper === "SCRIPT" ? `SCRIPT ${subcommand?.toUpperCase()}` : upper;
}

/** SCRIPT LOAD must answer with the SHA-1 of what the client sent, not of what Redis was given. */
function restoreSha(command: Command, reply: Reply): Reply {
  const script = command[2];
  return scriptUse(command) === "SCRIPT LOAD" && script !== undefined ? encodeText(scriptSha(script)) : reply;
}

function refuse([name]: Command): CommandError | undefined {
  if (!CONNECTION_BOUND.has(name.toUpperCase())) return undefined;
  return new CommandError(`ERR Command is not available: '${decodeText(name)}'`);
}

/** @throws the cause itself if Redis did not say it: then nobody knows whether the command ran. */
function toCommandError(cause: unknown): CommandError {
  if (isReplyError(cause)) return new CommandError(cause.message);
  throw cause;
}

function isReplyError(cause: unknown): cause is Error {
  return cause instanceof ReplyError;
}

function toReply(value: unknown): Reply {
  if (value === null || typeof value === "number") return value;
  if (Buffer.isBuffer(value)) return fromBytes(value);
  if (value instanceof Error) return toCommandError(value);
  if (Array.isArray(value)) return value.map(toReply);
  throw new TypeError(`ioredis answered with a ${typeof value}`);
}
