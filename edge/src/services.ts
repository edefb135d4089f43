/** What lives as long as the isolate: parsed configuration, backend client, caches. Built once, from the environment. */
import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { type BackendClient, createBackendClient } from "./backend/client.ts";
import { ModelCatalogue } from "./backend/models.ts";
import { CanaryRouting } from "./backend/routing.ts";
import { memoryTier } from "./cache/memory.ts";
import type { CacheTier } from "./cache/tier.ts";
import { CollectionCache } from "./collections/registry.ts";
import type { InFlight } from "./embeddings/infer.ts";
import { type Config, configFrom, type Env } from "./env.ts";
import type { RedisSession } from "./redis.ts";
import { Counts } from "./telemetry/counts.ts";
import { Identities } from "./tenants/identity.ts";
import { type Limiter, localLimiter } from "./tenants/limiter.ts";
import { Settlements } from "./tenants/settlements.ts";
import { SpanExporter } from "./tracing/exporter.ts";

export interface Services {
  readonly config: Config;
  readonly backend: BackendClient;
  readonly models: ModelCatalogue;
  readonly routing: CanaryRouting;
  readonly redisSession: RedisSession;
  readonly identities: Identities;
  readonly localLimiter: Limiter;
  readonly settlements: Settlements;
  readonly counts: Counts;
  /** Absent where tracing is off. */
  readonly spans: SpanExporter | undefined;
  /** The only cache tier that outlives a request; none where it is switched off. */
  readonly memory: CacheTier | undefined;
  readonly inFlight: InFlight;
  readonly collections: CollectionCache;
  /** Absent where the vector store is the backend's own. */
  readonly qdrant: QdrantConnection | undefined;
}

const built = new WeakMap<Config, Services>();

export function servicesFor(env: Env): Services {
  const config = configFrom(env);
  let services = built.get(config);
  if (!services) {
    const counts = new Counts();
    services = {
      config,
      backend: createBackendClient({
        origins: config.origins,
        secret: config.BACKEND_SECRET,
        isStoreShared: config.QDRANT_URL !== undefined,
        observer: {
          called: (origin, outcome) => counts.count("backendCalls", { origin, outcome }),
          opened: (origin) => counts.count("breakerOpened", { origin }),
          skipped: (origin) => counts.count("breakerSkipped", { origin }),
        },
      }),
      models: new ModelCatalogue(config.DEFAULT_MODEL),
      routing: new CanaryRouting(),
      redisSession: { syncToken: null },
      identities: new Identities(config.KEY_PEPPER),
      localLimiter: localLimiter(),
      settlements: new Settlements(),
      counts,
      spans: spanExporter(config),
      memory: config.CACHE_MEMORY_MB > 0 ? memoryTier(config.CACHE_MEMORY_MB * 1024 * 1024) : undefined,
      inFlight: new Map(),
      collections: new CollectionCache(),
      qdrant:
        config.QDRANT_URL === undefined
          ? undefined
          : new QdrantConnection({ url: config.QDRANT_URL, apiKey: config.QDRANT_API_KEY }),
    };
    built.set(config, services);
  }
  return services;
}

function spanExporter(config: Config): SpanExporter | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers = {} } = config;
  if (!endpoint) return undefined;
  return new SpanExporter({
    endpoint,
    headers,
    ratio: config.OTEL_TRACES_SAMPLER_ARG,
    resource: { "service.name": "sightline-edge", "deployment.environment.name": config.ENVIRONMENT },
  });
}
