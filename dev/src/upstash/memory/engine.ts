/** The in-memory Redis: looks a command up, runs it, and tells which writes a restart must bring back. */
import { type ByteString, type Command, CommandError, decodeText, encodeText, OK, type Reply } from "../reply.ts";
import { hashCommands, setCommands } from "./collections.ts";
import { type CommandSpec, type CommandTable, parseInt64, wrongArity } from "./command-table.ts";
import { dumpKey } from "./dump.ts";
import { keyCommands } from "./keys.ts";
import { Keyspace, type KeyspaceOptions } from "./keyspace.ts";
import { LuaScripts } from "./lua.ts";
import { stringCommands } from "./strings.ts";

const DATA_COMMANDS = new Map(
  [stringCommands, hashCommands, setCommands, keyCommands].flatMap((table) => Object.entries(table)),
);

/** Everything runs synchronously, so that each call is atomic. */
export class MemoryRedis {
  readonly #store: Keyspace;
  readonly #record: (writes: readonly Command[]) => void;
  readonly #scripts = new LuaScripts((command) => this.#runFromScript(command));
  readonly #scriptCommands = new Map(Object.entries(this.#scriptTable()));
  /** What the call under way has written so far, by commands and by scripts' commands, in their order. */
  #writes: Command[] = [];
  /** The keys that the call under way may have changed, and whether they were lasting before it. */
  readonly #touched = new Map<ByteString, boolean>();

  /**
   * @param record is told, before the reply is given, of the commands that rebuild the keys without an expiry; all
   * writes of a transaction, and of a script, in one call.
   */
  constructor(options: KeyspaceOptions, record: (writes: readonly Command[]) => void) {
    this.#store = new Keyspace(options);
    this.#record = record;
  }

  execute(command: Command): Reply {
    return this.#recording(() => this.#run(command));
  }

  transaction(commands: readonly Command[]): readonly Reply[] | CommandError {
    if (commands.some((command) => this.#find(command) instanceof CommandError))
      return new CommandError("EXECABORT Transaction discarded because of previous errors.");
    return this.#recording(() => commands.map((command) => this.#run(command)));
  }

  /** The commands that rebuild every key without an expiry. */
  dump(): Command[] {
    return [...this.#store.lasting()].flatMap(([key, value]) => dumpKey(key, value));
  }

  /** Runs a call and records what it wrote; nothing where all its keys had, and have, an expiry or do not exist, as those of limits. */
  #recording<T>(call: () => T): T {
    this.#writes = [];
    this.#touched.clear();
    try {
      return call();
    } finally {
      const concernsLasting = [...this.#touched].some(([key, lasted]) => lasted || this.#store.isLasting(key));
      if (this.#writes.length > 0 && concernsLasting) this.#record(this.#writes);
    }
  }

  #run(command: Command): Reply {
    const spec = this.#find(command);
    return spec instanceof CommandError ? spec : this.#perform(spec, command);
  }

  #perform(spec: CommandSpec, command: Command): Reply {
    const [, ...args] = command;
    const changing = spec.writes?.(args, this.#store) ?? [];
    const lastedBefore = new Set(changing.filter((key) => this.#store.isLasting(key)));
    for (const key of changing) if (!this.#touched.has(key)) this.#touched.set(key, lastedBefore.has(key));
    const reply = attempt(() => spec.run(this.#store, ...args));
    if (!(reply instanceof CommandError)) this.#noteWrites(command, changing, lastedBefore);
    return reply;
  }

  /** A key that stays without expiry needs the command itself; one that becomes so, all of it; one that was, its end. */
  #noteWrites(command: Command, changing: readonly ByteString[], lastedBefore: ReadonlySet<ByteString>): void {
    const writes = this.#writes;
    if (changing.some((key) => lastedBefore.has(key) && this.#store.isLasting(key))) writes.push(command);
    for (const key of changing) {
      const value = this.#store.get(key);
      if (!this.#store.isLasting(key)) {
        if (lastedBefore.has(key)) writes.push([encodeText("DEL"), key]);
      } else if (value && !lastedBefore.has(key)) writes.push(...dumpKey(key, value));
    }
  }

  #runFromScript(command: Command): Reply {
    const spec = DATA_COMMANDS.get(command[0].toUpperCase());
    if (!spec) return new CommandError("ERR Unknown Redis command called from script");
    if (!fitsArity(spec, command))
      return new CommandError("ERR Wrong number of args calling Redis command from script");
    return this.#perform(spec, command);
  }

  #find(command: Command): CommandSpec | CommandError {
    const [name, ...args] = command;
    const spec = DATA_COMMANDS.get(name.toUpperCase()) ?? this.#scriptCommands.get(name.toUpperCase());
    if (!spec) {
      const shown = args.map((arg) => `'${decodeText(arg)}' `).join("");
      return new CommandError(
        `ERR unknown command '${decodeText(name)}', with args beginning with: ${shown.slice(0, 128)}`,
      );
    }
    return fitsArity(spec, command) ? spec : wrongArity(name);
  }

  #scriptTable(): CommandTable {
    const evaluate = (sha: string, count: ByteString, operands: readonly ByteString[]): Reply => {
      const keys = Number(parseInt64(count));
      if (keys < 0) throw new CommandError("ERR Number of keys can't be negative");
      if (keys > operands.length) throw new CommandError("ERR Number of keys can't be greater than number of args");
      return this.#scripts.run(sha, operands.slice(0, keys), operands.slice(keys));
    };
    return {
      EVAL: {
        arity: -3,
        run: (_store, script, count, ...operands) => evaluate(this.#scripts.load(script), count, operands),
      },
      EVALSHA: {
        arity: -3,
        run: (_store, sha, count, ...operands) => evaluate(sha.toLowerCase(), count, operands),
      },
      SCRIPT: { arity: -2, run: (_store, subcommand, ...args) => this.#script(subcommand, args) },
    };
  }

  #script(subcommand: ByteString, args: readonly ByteString[]): Reply {
    const [script] = args;
    const name = subcommand.toUpperCase();
    if (name === "LOAD" && script !== undefined && args.length === 1) return encodeText(this.#scripts.load(script));
    if (name === "EXISTS" && args.length > 0) return args.map((sha) => (this.#scripts.has(sha.toLowerCase()) ? 1 : 0));
    if (name === "FLUSH") {
      this.#scripts.clear();
      return OK;
    }
    throw new CommandError(`ERR unknown subcommand '${decodeText(subcommand)}'. Try SCRIPT HELP.`);
  }
}

function fitsArity(spec: CommandSpec, command: Command): boolean {
  return spec.arity >= 0 ? command.length === spec.arity : command.length >= -spec.arity;
}

function attempt(run: () => Reply): Reply {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof CommandError) return cause;
    throw cause;
  }
}
