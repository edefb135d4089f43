/** How a command ends, for scripts. `sightline --help` lists them. */
import { CommanderError } from "commander";
import { ApiError, AuthenticationError, ConnectionError, PermissionDeniedError, SightlineError } from "../errors.ts";

export const EXIT = {
  done: 0,
  fault: 1,
  usage: 2,
  refused: 3,
  key: 4,
  later: 5,
  someRefused: 6,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0    done
  1    a fault of this program
  2    wrong usage, or no settings
  3    the API refused the request
  4    the key is wrong, or may not do this
  5    limits, server or network: try again later
  6    index: done, but some items were refused
  130  interrupted`;

/** Wrong usage that only a command itself can see. */
export class UsageError extends Error {}

export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof AuthenticationError || error instanceof PermissionDeniedError) return EXIT.key;
  if (error instanceof ConnectionError) return EXIT.later;
  if (error instanceof ApiError) return error.status === 429 || error.status >= 500 ? EXIT.later : EXIT.refused;
  // A file that cannot be read, for example.
  if (error instanceof SightlineError) return EXIT.usage;
  // Ctrl-C where a key is asked for.
  if (error instanceof Error && error.name === "AbortError") return EXIT.interrupted;
  return EXIT.fault;
}
