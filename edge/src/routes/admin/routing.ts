/** `/admin/v1/routing`: canaries, which give a share of the tenants another revision of a model. */
import { PutRoutingRequest, Routing, type RoutingRecord } from "@sightline/shared/api/routing";
import { modelRevisionKey } from "@sightline/shared/ids";
import type { ServedModel } from "@sightline/shared/internal/protocol";
import type { Context } from "hono";
import type { App } from "../../context.ts";
import { readBody } from "../../http/body.ts";
import { catalogueContext } from "../../inference.ts";
import { orUnavailable } from "../../or-unavailable.ts";
import type { Router } from "../../router.ts";

const COMMON = { tag: "Operator", access: "operator", path: "/admin/v1/routing", answer: Routing } as const;
const WHEN =
  "Every worker follows within 10 s, without a deployment; while Redis is away it goes by what it has read last.";

export function adminRouting(router: Router): void {
  router.add({ ...COMMON, method: "get", operationId: "getRouting", summary: "Read the canaries" }, async (c) =>
    c.json(await shown(c, await asking(() => c.var.services.routing.read(c.var.redis)))),
  );

  router.add(
    {
      ...COMMON,
      method: "put",
      operationId: "putRouting",
      summary: "Set the canaries, all at once",
      description:
        `A percentage of the tenants gets another revision when they name only the model; which tenants is stable. ${WHEN} ` +
        "Collections keep the revision that they were made with, and new ones get the default.",
      body: PutRoutingRequest,
    },
    async (c) => c.json(await set(c, await readBody(c, PutRoutingRequest))),
  );

  router.add(
    {
      ...COMMON,
      method: "delete",
      operationId: "deleteRouting",
      summary: "Roll back: everybody gets the default revisions",
      description: WHEN,
    },
    async (c) => c.json(await set(c, { canaries: [] })),
  );
}

const set = async (c: Context<App>, record: RoutingRecord): Promise<Routing> =>
  shown(c, await asking(() => c.var.services.routing.write(c.var.redis, record)));

const asking = <T>(work: () => Promise<T>): Promise<T> =>
  orUnavailable(work, { message: "The routing cannot be reached." });

async function shown(c: Context<App>, { canaries }: RoutingRecord): Promise<Routing> {
  // Without a list of models nothing is known to be served.
  const models = await c.var.services.models.renew(catalogueContext(c)).catch((): readonly ServedModel[] => []);
  const served = new Set(models.map(modelRevisionKey));
  return {
    object: "routing",
    canaries: canaries.map((canary) => {
      const key = modelRevisionKey({ id: canary.model, revision: canary.revision });
      return { ...canary, served: served.has(key) };
    }),
  };
}
