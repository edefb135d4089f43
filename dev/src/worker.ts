/**
 * The edge worker in workerd, as configured by wrangler.toml: the entry of a process of its own (see `child.ts`).
 * Its variables come as JSON in WORKER_VARIABLES.
 */
import { join } from "node:path";
import { unstable_startWorker } from "wrangler";
import { z } from "zod";
import { ROOT } from "./settings.ts";

const { HOST, PORT, WORKER_STATE, WORKER_VARIABLES } = z
  .object({
    HOST: z.string(),
    PORT: z.coerce.number().int(),
    /** Where R2's objects are kept. */
    WORKER_STATE: z.string(),
    WORKER_VARIABLES: z.preprocess((text) => JSON.parse(String(text)), z.record(z.string(), z.string())),
  })
  .parse(process.env);

// wrangler's own tracing writes spans and logs of every request to a file in WORKER_STATE that nothing ever shortens.
for (const feature of ["X_LOCAL_OBSERVABILITY", "X_LOCAL_EXPLORER"]) process.env[feature] ??= "false";

const worker = await unstable_startWorker({
  config: join(ROOT, "wrangler.toml"),
  bindings: Object.fromEntries(
    Object.entries(WORKER_VARIABLES).map(([name, value]) => [name, { type: "plain_text" as const, value }]),
  ),
  dev: {
    server: { hostname: HOST, port: PORT },
    persist: WORKER_STATE,
    watch: false,
    inspector: false,
    remote: false,
    logLevel: "warn",
  },
});

async function end(): Promise<never> {
  await worker.dispose();
  process.exit(0);
}
// wrangler's own handlers would exit before workerd has ended.
for (const event of ["SIGTERM", "SIGINT", "disconnect"] as const) {
  process.removeAllListeners(event);
  process.once(event, () => void end());
}

// The parent may have gone while we were starting.
if (!process.connected) await end();

await worker.ready;
process.send?.({ ready: { port: PORT } });
