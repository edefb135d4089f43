/** Brings the parts of the local stack up, in order, and fills the sample collection. */
import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Sightline } from "../../sdk/src/index.ts";
import { addressOf } from "./address.ts";
import { banner } from "./banner.ts";
import { type Part, startPart } from "./child.ts";
import { loadEmojiSamples } from "./emoji.ts";
import { modelFolders, requireModel } from "./models.ts";
import { buildPage } from "./page.ts";
import { requireFreePort } from "./port.ts";
import { indexSamples, sayOf } from "./samples.ts";
import { seedTenant } from "./seed.ts";
import { loadSecrets, readSettings, writePrivate } from "./settings.ts";
import { end, isEnding, onEnd } from "./shutdown.ts";
import { startUpstash } from "./upstash/server.ts";

/**
 * @param model that answers where a call names none; without it, the first that the backend serves.
 * @throws Error that a person can act on.
 */
export async function startStack(model?: string): Promise<void> {
  const from = performance.now();
  const settings = readSettings(process.env);
  const { SIGHTLINE_DIR: dir, HOST: host, PORT: port } = settings;
  const models = settings.MODELS_DIR?.split(",") ?? modelFolders(dir);
  if (model !== undefined) await requireModel(model, models);
  await requireFreePort(host, port);
  const secrets = await loadSecrets(dir);
  const url = `http://${addressOf(host, port)}`;
  // First of all, because it holds the lock on the folder: two stacks in one folder would spoil each other's files.
  const [backend] = await Promise.all([
    keepRunning("backend", "gpu-backend/src/main.ts", {
      HOST: "127.0.0.1",
      PORT: "0",
      BACKEND_SECRET: secrets.backendSecret,
      DATA_DIR: join(dir, "vectors"),
      MODELS_DIR: models.join(","),
      LOG_LEVEL: settings.LOG_LEVEL,
      // What gpu-backend/image/start.sh does: decodes on all cores, and room for the rest.
      UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(availableParallelism() + 4),
      // Else glibc keeps what an unloaded model had: docs/decisions/0006.
      MALLOC_MMAP_THRESHOLD_: "1048576",
    }),
    buildPage(),
  ]);
  const backendUrl = `http://127.0.0.1:${backend.port}`;
  const [sessionFile, partsFile] = [join(dir, "dev.json"), join(dir, "parts.json")];
  const removeFiles = async () => {
    for (const file of [sessionFile, partsFile]) await rm(file, { force: true });
  };
  await removeFiles();
  onEnd(removeFiles);
  const redis = await startUpstash({
    port: 0,
    token: secrets.redisToken,
    backing: settings.REDIS_URL
      ? { kind: "redis", url: settings.REDIS_URL }
      : { kind: "memory", file: join(dir, "redis.jsonl") },
  });
  onEnd(() => redis.close());
  await seedTenant(redis.url, secrets);
  const worker = await startPart(
    "worker",
    "dev/src/worker.ts",
    {
      HOST: host,
      PORT: String(port),
      WORKER_STATE: join(dir, "worker"),
      WORKER_VARIABLES: JSON.stringify({
        ENVIRONMENT: "development",
        BACKEND_URL: backendUrl,
        BACKEND_SECRET: secrets.backendSecret,
        REDIS_URL: redis.url,
        REDIS_TOKEN: secrets.redisToken,
        KEY_PEPPER: secrets.keyPepper,
        ADMIN_TOKEN: secrets.adminToken,
        DEMO_API_KEY: secrets.apiKey,
        DEFAULT_MODEL: model ?? "",
        ...workerVariables(process.env),
      }),
    },
    onEnd,
  );

  worker.exited.catch(giveUp);

  const sightline = new Sightline({ baseUrl: url, apiKey: secrets.apiKey });
  const samples = await indexSamples(sightline, await loadEmojiSamples());
  // Callers need no more than the session; this is for those who look at the parts.
  await writePrivate(partsFile, { backend_url: backendUrl });
  await writePrivate(sessionFile, { url, api_key: secrets.apiKey, admin_token: secrets.adminToken });
  console.log(banner(url, secrets.apiKey));
  console.log(`  Started in ${((performance.now() - from) / 1000).toFixed(1)} s, ${sayOf(samples)}.`);
}

/** The worker's own variables, where they are set: else those of wrangler.toml are in force. The backend sees them all anyway. */
function workerVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const set = Object.entries(environment).flatMap(([name, value]) =>
    /^(CACHE_|OTEL_)/.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return Object.fromEntries(set);
}

/** A part that is started again, on the same port, when it ends by itself; the stack ends if that fails. */
async function keepRunning(name: string, script: string, environment: Record<string, string>): Promise<Part> {
  const first = await startPart(name, script, environment, onEnd);
  const watch = (part: Part): void => {
    part.exited.catch(async (error: unknown) => {
      if (isEnding()) return;
      console.error(`\n  ${messageOf(error)}; starting it again\n`);
      try {
        watch(await startPart(name, script, { ...environment, PORT: String(first.port) }, onEnd));
      } catch (again) {
        await giveUp(again);
      }
    });
  };
  watch(first);
  return first;
}

async function giveUp(error: unknown): Promise<void> {
  if (isEnding()) return;
  console.error(`\n  ${messageOf(error)}; see the lines above\n`);
  await end(1);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
