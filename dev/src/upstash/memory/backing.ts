/** The default backing of the local stack: an in-memory Redis whose lasting keys live in a file, if one is given. */
import type { Backing } from "../backing.ts";
import { type Command, CommandError, type Reply } from "../reply.ts";
import { MemoryRedis } from "./engine.ts";
import { Journal, readJournal } from "./journal.ts";

/** With cached embeddings of about 3 kB each, some 150 MB. */
const DEFAULT_MAX_FLEETING_KEYS = 50_000;

export interface MemoryOptions {
  /** Where keys without an expiry outlive a restart. Absent: nothing does. One process at a time. */
  readonly file?: string;
  /** The most keys with an expiry that are kept; the ones written longest ago go first. */
  readonly maxFleetingKeys?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** @throws Error if the file is damaged or cannot be written. */
export function openMemory(options: MemoryOptions = {}): Backing {
  const { file, maxFleetingKeys = DEFAULT_MAX_FLEETING_KEYS, clock = Date.now } = options;
  let journal: Journal | undefined;
  const redis = new MemoryRedis({ clock, maxFleetingKeys }, (writes) => journal?.append(writes));
  if (file !== undefined) {
    replay(redis, readJournal(file));
    journal = new Journal(
      file,
      redis.dump().map((command) => [command]),
    );
  }
  return {
    execute: async (command) => redis.execute(command),
    transaction: async (commands) => redis.transaction(commands),
    async close() {
      journal?.close();
      journal = undefined;
    },
  };
}

function replay(redis: MemoryRedis, groups: readonly (readonly Command[])[]): void {
  for (const command of groups.flat()) {
    const reply: Reply = redis.execute(command);
    if (reply instanceof CommandError) throw new Error(`the journal's ${command[0]} fails: ${reply.message}`);
  }
}
