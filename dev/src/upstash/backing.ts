/** The port between the HTTP layer and whatever keeps the data: a real Redis or the in-memory one. */
import type { Command, CommandError, Reply } from "./reply.ts";

export interface Backing {
  /** Commands issued in one tick run in that order. @throws when the command's fate is unknown or it is not durable. */
  execute(command: Command): Promise<Reply>;
  /** All or nothing as MULTI/EXEC means it. @returns one reply per command, or EXECABORT if none was run. */
  transaction(commands: readonly Command[]): Promise<readonly Reply[] | CommandError>;
  close(): Promise<void>;
}
