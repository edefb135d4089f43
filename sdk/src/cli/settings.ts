/**
 * Where the API is, and with which secret: from the environment, from a running local stack, or from the file that `login` writes, in
 * this order. Both come from one place: a secret is never sent to a server that it was not written down with.
 */
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "./exit-codes.ts";

export interface Settings {
  readonly baseUrl: string;
  readonly secret: string;
}

/** What goes with an address: who calls, or who operates. */
export interface Secret {
  readonly variable: string;
  /** Of the files. */
  readonly field: "api_key" | "admin_token";
}

export const API_KEY: Secret = { variable: "SIGHTLINE_API_KEY", field: "api_key" };
export const ADMIN_TOKEN: Secret = { variable: "SIGHTLINE_ADMIN_TOKEN", field: "admin_token" };

export type Environment = Readonly<Record<string, string | undefined>>;

export const configFile = (environment: Environment): string =>
  join(environment.XDG_CONFIG_HOME || join(homedir(), ".config"), "sightline", "config.json");

/** @throws UsageError that says what to do. */
export async function readSettings(wanted: Secret, environment: Environment, cwd: string): Promise<Settings> {
  const { SIGHTLINE_URL: baseUrl } = environment;
  const secret = environment[wanted.variable];
  if (baseUrl && secret) return { baseUrl, secret };
  if (baseUrl || secret) {
    throw new UsageError(`${baseUrl ? wanted.variable : "SIGHTLINE_URL"} is not set: it goes with the other one`);
  }
  const stack = resolve(cwd, environment.SIGHTLINE_DIR || ".sightline", "dev.json");
  const found = (await fromFile(stack, wanted)) ?? (await fromFile(configFile(environment), wanted));
  if (found) return found;
  const orLogin = wanted === API_KEY ? ", or use `sightline login`" : "";
  throw new UsageError(`no API is known: set SIGHTLINE_URL and ${wanted.variable}${orLogin}`);
}

/** Only the user may read it, from its first byte on. @returns the file. */
export async function writeSettings({ baseUrl, secret }: Settings, environment: Environment): Promise<string> {
  const file = configFile(environment);
  const fresh = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(fresh, `${JSON.stringify({ url: baseUrl, api_key: secret }, null, 2)}\n`, { mode: 0o600 });
  // A strange umask must not make it less.
  await chmod(fresh, 0o600);
  await rename(fresh, file);
  return file;
}

/** @returns whether there was anything to forget. */
export async function forgetSettings(environment: Environment): Promise<boolean> {
  const file = configFile(environment);
  const isThere = (await stat(file).catch(() => undefined)) !== undefined;
  await rm(file, { force: true });
  return isThere;
}

/** @returns undefined if there is no such file, or not this secret in it. @throws UsageError if others may read it, or it is of another shape. */
async function fromFile(file: string, { field }: Secret): Promise<Settings | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return undefined;
  // Windows has no such modes; its home folders are private.
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0) {
    throw new UsageError(`${file} holds a key, and others may read it: chmod 600 ${file}`);
  }
  const { url, [field]: secret } = parse(await readFile(file, "utf8"));
  if (typeof url === "string" && typeof secret === "string") return { baseUrl: url, secret };
  if (typeof url === "string" && field === "admin_token") return undefined;
  throw new UsageError(`${file} has to be {"url": "https://…", "api_key": "sl_…"}`);
}

function parse(text: string): { readonly [field: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
