/** A real Prometheus for tests (Debian's `prometheus`), on a free port. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { ROOT } from "../settings.ts";
import { isHere, runs } from "./needs.ts";
import { freePort } from "./ports.ts";

export const PROMETHEUS = join(ROOT, "deploy/observability/prometheus");

export const hasPrometheus = (): boolean =>
  isHere(runs("promtool", "--version"), "no promtool on PATH: install prometheus");

export interface Watched {
  /** host:port */
  readonly backend: string;
  readonly edgeUrl: string;
  readonly adminToken: string;
}

export interface Prometheus {
  readonly url: string;
  /** `GET /api/v1/<path>`. @returns its data. @throws Error with what Prometheus has against it. */
  get(path: string, query?: Readonly<Record<string, string>>): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts it as compose does, by start.sh. @param dir an empty folder for its data and its copy of the configuration. */
export async function startPrometheus(dir: string, { backend, edgeUrl, adminToken }: Watched): Promise<Prometheus> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await mkdir(dir, { recursive: true });
  const args = [`--web.listen-address=127.0.0.1:${port}`, `--storage.tsdb.path=${join(dir, "data")}`];
  const child = spawn(join(PROMETHEUS, "start.sh"), args, {
    env: { ...process.env, TMPDIR: dir, BACKEND: backend, EDGE_URL: edgeUrl, ADMIN_TOKEN: adminToken },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (part: Buffer) => {
    log += part.toString();
  });
  const exited = once(child, "exit");
  const ready = async () => {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    return answer?.ok;
  };
  while (!(await ready())) {
    if (child.exitCode !== null) throw new Error(`prometheus ended by itself:\n${log}`);
    await delay(100);
  }
  return {
    url,
    async get(path, query = {}) {
      const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(query)}`);
      const { status, data, error } = Answer.parse(await answer.json());
      if (status !== "success") throw new Error(`${path} ${JSON.stringify(query)}: ${error}`);
      return data;
    },
    async close() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}

const Answer = z.object({ status: z.string(), data: z.unknown(), error: z.string().optional() });
