/** Canaries: which share of the tenants gets another revision of a model. The operator API, `/admin/v1/routing`, and the record in Redis. */
import { z } from "zod";
import { ModelId, Revision } from "../ids.ts";

export const Canary = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "a canary's id is lower-case letters, digits, '.', '_' and '-'")
      .meta({
        description:
          "Chosen by you. It decides, with a tenant's id, who takes part: as long as it stays, raising `percent` adds " +
          "tenants and moves nobody back; another id draws other tenants.",
      }),
    model: ModelId,
    revision: Revision.meta({ description: "What the canary's tenants get when they name only the model." }),
    percent: z.number().min(0).max(100).meta({ description: "Of all tenants." }),
  })
  .meta({ id: "Canary" });
export type Canary = Readonly<z.infer<typeof Canary>>;

const oneOfEachModel = (canaries: readonly Canary[]): boolean =>
  new Set(canaries.map(({ model }) => model)).size === canaries.length;

export const PutRoutingRequest = z
  .strictObject({
    canaries: z.array(Canary).max(100).refine(oneOfEachModel, "a model has at most one canary"),
  })
  .meta({ id: "PutRoutingRequest" });
/** As it lies in Redis. */
export type RoutingRecord = Readonly<z.infer<typeof PutRoutingRequest>>;

export const Routing = z
  .object({
    object: z.literal("routing"),
    canaries: z.array(
      Canary.extend({
        served: z.boolean().meta({
          description:
            "Whether an origin is known to serve the revision. If none does, everybody gets the default one.",
        }),
      }),
    ),
  })
  .meta({ id: "Routing" });
export type Routing = z.infer<typeof Routing>;
