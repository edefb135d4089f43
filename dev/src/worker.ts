/** Runs the edge worker in workerd, as configured by wrangler.toml. */
import { join } from "node:path";
import { unstable_startWorker } from "wrangler";
import { ROOT } from "./settings.ts";

export interface WorkerOptions {
  readonly host: string;
  readonly port: number;
  /** Where R2's objects are kept. */
  readonly stateDir: string;
  readonly variables: Readonly<Record<string, string>>;
}

export interface EdgeWorker {
  stop(): Promise<void>;
}

export async function startWorker(options: WorkerOptions): Promise<EdgeWorker> {
  const bindings = Object.fromEntries(
    Object.entries(options.variables).map(([name, value]) => [name, { type: "plain_text" as const, value }]),
  );
  const worker = await unstable_startWorker({
    config: join(ROOT, "wrangler.toml"),
    bindings,
    dev: {
      server: { hostname: options.host, port: options.port },
      persist: options.stateDir,
      watch: false,
      inspector: false,
      remote: false,
      logLevel: "warn",
    },
  });
  await worker.ready;
  return { stop: () => worker.dispose() };
}
