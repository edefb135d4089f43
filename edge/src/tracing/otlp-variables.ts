/** OpenTelemetry's own environment variables, as far as the worker goes by them. */
import { z } from "zod";

/**
 * `name=value,name2=value2`, values percent-encoded. A fault names the variable and quotes nothing: it holds a secret.
 * Source: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
 */
const HeaderList = z.string().transform((text, context): Readonly<Record<string, string>> => {
  const entries = text.split(",").filter((part) => part.trim() !== "");
  const pairs = entries.map((part) => /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(.*?)\s*$/.exec(part));
  try {
    return Object.fromEntries(
      pairs.map((pair) => {
        const [, name, value] = pair ?? [];
        if (name === undefined || value === undefined) throw new Error("no pair");
        return [name, decodeURIComponent(value)] as const;
      }),
    );
  } catch {
    context.addIssue({ code: "custom", message: "is no list of name=value, separated by commas" });
    return z.NEVER;
  }
});

export const OTLP_VARIABLES = {
  /** Where spans go, over OTLP/HTTP as JSON; `/v1/traces` is appended. Tracing is off without it, or where it is empty. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.union([z.literal(""), z.url({ protocol: /^https?$/ })]).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: HeaderList.optional(),
  /** The share of the traces beginning here that are recorded. What a caller has begun is recorded if he says so. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
};
