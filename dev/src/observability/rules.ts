/** The rules files as data, and the names of metrics that PromQL speaks of. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { PROMETHEUS } from "../testing/prometheus.ts";

const Rule = z.union([
  z.strictObject({ record: z.string(), expr: z.string() }),
  z.strictObject({
    alert: z.string(),
    expr: z.string(),
    for: z.string().optional(),
    labels: z.strictObject({ severity: z.enum(["critical", "warning"]) }),
    annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() }),
  }),
]);
const RulesFile = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), interval: z.string().optional(), rules: z.array(Rule) })),
});

const files = (folder: string): readonly string[] =>
  readdirSync(join(PROMETHEUS, folder))
    .filter((name) => name.endsWith(".yml"))
    .map((name) => join(PROMETHEUS, folder, name));

export const testFiles = files("tests");
export const groups = files("rules").flatMap((file) => RulesFile.parse(parse(readFileSync(file, "utf8"))).groups);
export const rules = groups.flatMap((group) => group.rules);
export const alerts = rules.filter((rule) => "alert" in rule);
export const recorded = rules.flatMap((rule) => ("record" in rule ? [rule.record] : []));

/** Metrics of ours and of prom-client, and what rules record (with colons). */
export const namesIn = (promql: string): readonly string[] => [
  ...new Set(promql.match(/\b(?:sightline|process|nodejs)[_:][a-z0-9_:]+/g) ?? []),
];
