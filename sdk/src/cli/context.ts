/** What every command is given: the client, and how to answer. */
import { type Command, InvalidArgumentError } from "commander";
import { Sightline } from "../client.ts";
import type { RetryNotice } from "../transport.ts";
import type { Input } from "../types.ts";
import { note } from "./output.ts";
import { API_KEY, readSettings } from "./settings.ts";

/** Prints the value as JSON if `--json` was given, else what `human` makes of it. */
export type Show = <T>(value: T, human: (value: T) => string) => void;

export interface Context {
  readonly sightline: Sightline;
  /** Where the API answers. */
  readonly baseUrl: string;
  readonly show: Show;
}

/** @throws UsageError if it is not known where the API is. */
export async function contextOf(command: Command): Promise<Context> {
  const { baseUrl, secret: apiKey } = await readSettings(API_KEY, process.env, process.cwd());
  return { sightline: new Sightline({ baseUrl, apiKey, onRetry: sayWaiting }), baseUrl, show: showOf(command) };
}

export const isJson = (command: Command): boolean => command.optsWithGlobals<{ json?: true }>().json === true;

export const showOf =
  (command: Command): Show =>
  (value, human) =>
    console.log(isJson(command) ? JSON.stringify(value, null, 2) : human(value));

/** A command that stands still for a minute looks broken. Of delays too short to be noticed nothing is said. */
export function sayWaiting({ error, delayMs }: RetryNotice): void {
  if (delayMs >= 1000) note(`waiting ${Math.round(delayMs / 1000)} s: ${error.message}`);
}

/** An argument as an input: `@apple.jpg` and `@https://…` are pictures, everything else is a text. */
export function inputOf(argument: string): Input {
  if (!argument.startsWith("@")) return argument;
  const place = argument.slice(1);
  return /^https?:\/\//i.test(place) ? { image: place } : { file: place };
}

export const INPUT_HELP = "a text, or a picture as @file or @url";

/** @throws InvalidArgumentError, which commander turns into a message about the option. */
export function count(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is not a whole number above 0.");
}

export const listed = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export const separated = (text: string): readonly string[] => text.split(",").map((part) => part.trim());

/** Examples below a command's help, a line each. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((l) => `  $ ${l}`).join("\n")}`;
