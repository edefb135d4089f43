/**
 * Where the API is, and with which key: from the environment, from a running local stack, or from the user's own file, in this
 * order. Both come from one place: a key is never sent to a server that it was not written down with.
 */
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "./exit-codes.ts";

export interface Settings {
  readonly baseUrl: string;
  readonly apiKey: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const configFile = (environment: Environment): string =>
  join(environment.XDG_CONFIG_HOME || join(homedir(), ".config"), "sightline", "config.json");

/** @throws UsageError that says what to do. */
export async function readSettings(environment: Environment, cwd: string): Promise<Settings> {
  const { SIGHTLINE_URL: baseUrl, SIGHTLINE_API_KEY: apiKey } = environment;
  if (baseUrl && apiKey) return { baseUrl, apiKey };
  if (baseUrl || apiKey) {
    throw new UsageError(`${baseUrl ? "SIGHTLINE_API_KEY" : "SIGHTLINE_URL"} is not set: it goes with the other one`);
  }
  const stack = resolve(cwd, environment.SIGHTLINE_DIR || ".sightline", "dev.json");
  const own = configFile(environment);
  const found = (await fromFile(stack)) ?? (await fromFile(own));
  if (found) return found;
  throw new UsageError(
    `no API is known: set SIGHTLINE_URL and SIGHTLINE_API_KEY, or write {"url": …, "api_key": …} to ${own} (mode 600)`,
  );
}

/** @returns undefined if there is no such file. @throws UsageError if others may read it, or it is of another shape. */
async function fromFile(file: string): Promise<Settings | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return undefined;
  // Windows has no such modes; its home folders are private.
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0) {
    throw new UsageError(`${file} holds a key, and others may read it: chmod 600 ${file}`);
  }
  const { url, api_key: apiKey } = parse(await readFile(file, "utf8"));
  if (typeof url === "string" && typeof apiKey === "string") return { baseUrl: url, apiKey };
  throw new UsageError(`${file} has to be {"url": "https://…", "api_key": "sl_…"}`);
}

function parse(text: string): { readonly url?: unknown; readonly api_key?: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
