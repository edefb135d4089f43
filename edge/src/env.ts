/** Bindings and variables of the worker, parsed once per isolate. A missing or malformed one stops the worker by name. */
import { ModelId } from "@sightline/shared/ids";
import { z } from "zod";
import { Origin, OriginList } from "./backend/origins.ts";
import { OTLP_VARIABLES } from "./tracing/otlp-variables.ts";

const Amount = z.coerce.number().int().nonnegative();

const Json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: "custom", message: "is not JSON" });
    return z.NEVER;
  }
});

const Variables = z.object({
  ENVIRONMENT: z.enum(["production", "development", "test"]),
  /** The only origin; for several, or for more to say of one, BACKEND_ORIGINS instead. */
  BACKEND_URL: Origin.shape.url.optional(),
  BACKEND_ORIGINS: Json.pipe(OriginList).optional(),
  BACKEND_SECRET: z.string().min(32),
  REDIS_URL: z.url(),
  REDIS_TOKEN: z.string().min(1),
  KEY_PEPPER: z.string().min(32),
  /** Of those that embed; an entailment model that is not named is the first that is served. */
  DEFAULT_MODEL: z.union([z.literal(""), ModelId]).default(""),
  /** The cache tiers, nearest first; 0 switches one off. */
  CACHE_MEMORY_MB: Amount,
  CACHE_COLO_TTL_SECONDS: Amount,
  CACHE_TTL_SECONDS: Amount,
  /** For how long a refused input is remembered; 0 for not at all. */
  CACHE_REFUSALS_SECONDS: Amount,
  /** `true`: one tenant's entry answers another's equal input, and so tells that someone has sent it. */
  CACHE_SHARED_ACROSS_TENANTS: z.stringbool({ truthy: ["true"], falsy: ["false"] }),
  /** Where searches are answered by Qdrant itself; without it the backend is asked. A key that may only read is enough. */
  QDRANT_URL: z.url({ protocol: /^https?$/ }).optional(),
  QDRANT_API_KEY: z.string().min(1).optional(),
  /** Of the operator API, which is closed without it. */
  ADMIN_TOKEN: z.string().min(32).optional(),
  /** Set by the local stack alone: `/dev/session` hands this key to the page. */
  DEMO_API_KEY: z.string().optional(),
  ...OTLP_VARIABLES,
});

const Bindings = Variables.transform(({ BACKEND_URL: url, BACKEND_ORIGINS: list, ...config }, context) => {
  const origins: readonly Origin[] = list ?? (url === undefined ? [] : [{ id: "default", url, weight: 1 }]);
  if (origins.length === 0 || (list && url !== undefined)) {
    context.addIssue({ code: "custom", path: ["BACKEND_URL"], message: "set either this or BACKEND_ORIGINS" });
    return z.NEVER;
  }
  return { ...config, origins };
});

export type Config = z.infer<typeof Bindings>;

export interface Env extends Readonly<Record<keyof z.input<typeof Bindings>, unknown>> {
  readonly ASSETS: Fetcher;
  readonly PICTURES: R2Bucket;
  /** One data point a request; none where it is not bound. */
  readonly ANALYTICS?: AnalyticsEngineDataset;
}

const parsed = new WeakMap<Env, Config>();

export function configFrom(env: Env): Config {
  let config = parsed.get(env);
  if (!config) {
    const result = Bindings.safeParse(env);
    if (!result.success) {
      const faults = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
      throw new Error(`the worker's configuration cannot be used: ${faults.join("; ")}`);
    }
    config = result.data;
    parsed.set(env, config);
  }
  return config;
}
