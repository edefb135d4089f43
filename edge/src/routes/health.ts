/** `/healthz`: the worker runs. `/readyz`: what it needs answers. Both without a key, neither tells more than a word. */
import type { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { z } from "zod";
import type { Router } from "../router.ts";

const Health = z.object({ status: z.literal("ok") }).meta({ id: "Health" });
const State = z.enum(["ok", "down"]);
const Readiness = z
  .object({
    status: z.enum(["ok", "degraded"]),
    components: z.object({ backend: State, redis: State, store: State.optional() }),
  })
  .meta({ id: "Readiness" });

const PROBE_TIMEOUT_MS = 2000;

async function isStoreReady(connection: QdrantConnection): Promise<boolean> {
  const { status } = await new QdrantStore({ connection, callMs: () => PROBE_TIMEOUT_MS }).health();
  return status === "ok";
}

export function health(router: Router): void {
  router.add(
    {
      method: "get",
      path: "/healthz",
      operationId: "health",
      summary: "Liveness",
      tag: "Service",
      answer: Health,
      access: "public",
    },
    (c) => c.json({ status: "ok" } satisfies z.infer<typeof Health>),
  );

  router.add(
    {
      method: "get",
      path: "/readyz",
      operationId: "readiness",
      summary: "Readiness",
      unready: "A component that the worker needs does not answer",
      tag: "Service",
      answer: Readiness,
      access: "public",
    },
    async (c) => {
      const { redis, services } = c.var;
      const backendReady = async (): Promise<boolean> => {
        const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
        const probes = services.config.origins.map(async ({ url }) => {
          if (!(await fetch(new URL("/readyz", url), { signal })).ok) throw new Error("not ready");
        });
        return Promise.any(probes).then(() => true);
      };
      const [store, backend, cache] = await Promise.all([
        services.qdrant && isStoreReady(services.qdrant),
        backendReady().catch(() => false),
        redis.ping().then(
          () => true,
          () => false,
        ),
      ]);
      const state = (ok: boolean) => (ok ? "ok" : "down") as z.infer<typeof State>;
      const ready = backend && cache && store !== false;
      const body: z.infer<typeof Readiness> = {
        status: ready ? "ok" : "degraded",
        components: {
          backend: state(backend),
          redis: state(cache),
          ...(store !== undefined && { store: state(store) }),
        },
      };
      return c.json(body, ready ? 200 : 503);
    },
  );
}
