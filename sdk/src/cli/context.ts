/** What every command is given: the client, and how to answer. */
import { type Command, InvalidArgumentError } from "commander";
import { Sightline } from "../client.ts";
import type { Input } from "../types.ts";
import { readSettings } from "./settings.ts";

export interface Context {
  readonly sightline: Sightline;
  /** Where the API answers. */
  readonly baseUrl: string;
  /** Prints the value as JSON if `--json` was given, else what `human` makes of it. */
  show<T>(value: T, human: (value: T) => string): void;
}

/** @throws UsageError if it is not known where the API is. */
export async function contextOf(command: Command): Promise<Context> {
  const { json } = command.optsWithGlobals<{ json?: true }>();
  const { baseUrl, apiKey } = await readSettings(process.env, process.cwd());
  return {
    sightline: new Sightline({ baseUrl, apiKey }),
    baseUrl,
    show: (value, human) => console.log(json ? JSON.stringify(value, null, 2) : human(value)),
  };
}

/** An argument as an input: `@apple.jpg` and `@https://…` are pictures, everything else is a text. */
export function inputOf(argument: string): Input {
  if (!argument.startsWith("@")) return argument;
  const place = argument.slice(1);
  return /^https?:\/\//i.test(place) ? { image: place } : { file: place };
}

export const INPUT_HELP = "a text, or a picture as @file or @url";

/** @throws InvalidArgumentError, which commander turns into a message about the option. */
export function jsonValue<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new InvalidArgumentError("It is not JSON.");
  }
}

export function count(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is not a whole number above 0.");
}

export const listed = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
