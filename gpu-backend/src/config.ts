/** The backend's settings, parsed once from the environment. A malformed one stops the start by its name. */
import { availableParallelism } from "node:os";
import { MIN_SECRET_BYTES } from "@sightline/shared/internal/token";
import { z } from "zod";
import { Provider } from "./inference/providers.ts";
import { Variant } from "./models/manifest.ts";

const list = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const listOf = <T>(item: z.ZodType<T, string>, fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) => list(text))
    .pipe(z.array(item));

const count = (fallback: number) => z.coerce.number().int().positive().default(fallback);

const optionalCount = z.coerce.number().int().positive().optional();

const Settings = z.object({
  HOST: z.string().default("127.0.0.1"),
  /** 0 takes any free port. */
  PORT: z.coerce.number().int().min(0).max(65_535).default(8788),
  BACKEND_SECRET: z.string().min(MIN_SECRET_BYTES),
  /** Folders that hold models' folders. */
  MODELS_DIR: listOf(z.string(), "models"),
  /** Models that this replica must serve, each `<id>` or `<id>@<revision>`; or `all` that the folders hold. */
  MODELS: z
    .string()
    .default("all")
    .transform((text) => (text === "all" ? ("all" as const) : list(text))),
  EXECUTION_PROVIDERS: listOf(Provider, "cpu"),
  MODEL_VARIANTS: listOf(Variant, "int8,fp16,fp32"),
  /** Intra-op threads per session. */
  INFERENCE_THREADS: count(availableParallelism()),
  MAX_IMAGE_BATCH: count(32),
  MAX_TEXT_BATCH: count(64),
  /** Of an entailment model. On a CPU a larger one takes memory (100 MB a pair and more) and saves no time. */
  MAX_PAIR_BATCH: count(4),
  /** Entries that may wait in each lane of each graph; what cannot be answered in time is refused earlier. */
  MAX_QUEUE: count(4096),
  /** Images that are decoded at the same time. */
  DECODE_CONCURRENCY: count(Math.max(2, availableParallelism())),
  VECTOR_STORE: z.enum(["embedded", "qdrant"]).default("embedded"),
  /** Of the embedded store. */
  DATA_DIR: z.string().default(".sightline/vectors"),
  /** Port 6333 unless it names one. */
  QDRANT_URL: z.url({ protocol: /^https?$/ }).optional(),
  QDRANT_API_KEY: z.string().min(1).optional(),
  /** Of collections that are made from now on; Qdrant's own defaults where absent. */
  QDRANT_SHARD_NUMBER: optionalCount,
  QDRANT_REPLICATION_FACTOR: optionalCount,
  /** As many as there are replicas unless told otherwise. */
  QDRANT_WRITE_CONSISTENCY_FACTOR: optionalCount,
  /**
   * CIDR ranges that image URLs may point into although they are not public, e.g. an internal object store. A URL's name is asked of
   * the name servers in full: neither the hosts file nor search domains apply.
   */
  FETCH_ALLOW_ADDRESSES: listOf(z.string(), ""),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  /** Where spans go (OTLP/HTTP, protobuf); tracing is off without it. The exporter reads its other variables itself. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]).default(""),
  /** The share of the traces beginning here that are recorded; whatever the edge records is recorded. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  /** How long calls are still taken after SIGTERM, by then not ready: until load balancers have noticed. */
  DRAIN_DELAY_MS: z.coerce.number().int().nonnegative().default(0),
  /** How long a shutdown waits after that for work in progress. */
  SHUTDOWN_GRACE_MS: count(20_000),
});

const Checked = Settings.refine((settings) => settings.VECTOR_STORE !== "qdrant" || settings.QDRANT_URL !== undefined, {
  path: ["QDRANT_URL"],
  message: "VECTOR_STORE=qdrant needs it",
});

export type Config = z.infer<typeof Settings>;

/** @throws Error that names every setting at fault. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const result = Checked.safeParse(environment);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`the configuration is not valid: ${faults.join("; ")}`);
}
