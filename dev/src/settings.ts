/** What the local stack can be told from outside, and the secrets that it makes for itself once. */
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mintApiKey } from "@sightline/shared/api-key";
import { z } from "zod";

export const ROOT = join(import.meta.dirname, "../..");

const Settings = z.object({
  /** Where the API and the page answer. */
  PORT: z.coerce.number().int().min(1).max(65_535).default(8787),
  HOST: z.string().default("127.0.0.1"),
  /** Index, local Redis, pictures, secrets. */
  SIGHTLINE_DIR: z.string().default(join(ROOT, ".sightline")),
  /** A real Redis in the place of the in-memory one, for example redis://127.0.0.1:6379. */
  REDIS_URL: z.string().optional(),
  /** Folders of models, in the place of the built-in and the pulled ones. */
  MODELS_DIR: z.string().optional(),
  LOG_LEVEL: z.string().default("warn"),
});
export type Settings = z.infer<typeof Settings>;

/** @throws Error that names the setting at fault. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const result = Settings.safeParse(environment);
  if (result.success) return result.data;
  throw new Error(result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; "));
}

const Secrets = z.object({
  apiKey: z.string(),
  adminToken: z.string(),
  backendSecret: z.string(),
  keyPepper: z.string(),
  redisToken: z.string(),
});
export type Secrets = z.infer<typeof Secrets>;

/** Reads the stack's secrets, or makes them at the first start. Readable by the owner alone. */
export async function loadSecrets(dir: string): Promise<Secrets> {
  const file = join(dir, "secrets.json");
  try {
    return Secrets.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new Error(`${file} cannot be read: ${String(error)}. Delete it to make new secrets`);
    }
    const random = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
    const secrets: Secrets = {
      apiKey: mintApiKey("dev").key,
      adminToken: random(),
      backendSecret: random(),
      keyPepper: random(),
      redisToken: random(),
    };
    await mkdir(dir, { recursive: true });
    await writePrivate(file, secrets);
    return secrets;
  }
}

export async function writePrivate(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}
