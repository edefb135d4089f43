/** Bindings and variables of the worker, parsed once per isolate. A missing or malformed one stops the worker by name. */
import { ModelId } from "@sightline/shared/ids";
import { z } from "zod";

const Bindings = z.object({
  ENVIRONMENT: z.enum(["production", "development", "test"]),
  BACKEND_URL: z.url(),
  BACKEND_SECRET: z.string().min(32),
  REDIS_URL: z.url(),
  REDIS_TOKEN: z.string().min(1),
  KEY_PEPPER: z.string().min(32),
  DEFAULT_MODEL: z.union([z.literal(""), ModelId]).default(""),
  CACHE_TTL_SECONDS: z.coerce.number().int().positive(),
  CACHE_MEMORY_MB: z.coerce.number().int().positive(),
  /** Of the operator API, which is closed without it. */
  ADMIN_TOKEN: z.string().min(32).optional(),
  /** Set by the local stack alone: `/dev/session` hands this key to the page. */
  DEMO_API_KEY: z.string().optional(),
});

export type Config = z.infer<typeof Bindings>;

export interface Env extends Readonly<Record<keyof z.input<typeof Bindings>, unknown>> {
  readonly ASSETS: Fetcher;
  readonly PICTURES: R2Bucket;
}

const parsed = new WeakMap<Env, Config>();

export function configFrom(env: Env): Config {
  let config = parsed.get(env);
  if (!config) {
    const result = Bindings.safeParse(env);
    if (!result.success) {
      const names = result.error.issues.map((issue) => issue.path.join("."));
      throw new Error(`the worker's configuration lacks or has a malformed ${names.join(", ")}`);
    }
    config = result.data;
    parsed.set(env, config);
  }
  return config;
}
