import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OTLP_VARIABLES } from "./otlp-variables.ts";

const Variables = z.object(OTLP_VARIABLES);

describe("OpenTelemetry's variables", () => {
  it("are all optional", () => {
    expect(Variables.parse({})).toEqual({ OTEL_TRACES_SAMPLER_ARG: 1 });
    expect(Variables.parse({ OTEL_EXPORTER_OTLP_ENDPOINT: "" })).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: "" });
  });

  it("hold headers as pairs with percent-encoded values", () => {
    const OTEL_EXPORTER_OTLP_HEADERS = "authorization=Basic%20YTpi=, x-team = a%2Cb ,";
    expect(Variables.parse({ OTEL_EXPORTER_OTLP_HEADERS }).OTEL_EXPORTER_OTLP_HEADERS).toEqual({
      authorization: "Basic YTpi=",
      "x-team": "a,b",
    });
  });

  it.each([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "otel.example:4318"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://otel.example"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "hush"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "key=hush%E0%A4%A"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "two words=hush"],
    ["OTEL_TRACES_SAMPLER_ARG", "2"],
    ["OTEL_TRACES_SAMPLER_ARG", "half"],
  ])("are refused by name where %s is %s, without a word of what may be secret", (name, value) => {
    const { error } = Variables.safeParse({ [name]: value });
    expect(error?.issues.map(({ path }) => path)).toEqual([[name]]);
    expect(error?.message).not.toContain("hush");
  });
});
