/**
 * A real Prometheus, started as in production, watches the whole stack: it reads both parts, its rules evaluate, the dashboard's queries are
 * PromQL, and none of all that speaks of a metric that nobody has.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { sightlineDashboard } from "../observability/dashboard.ts";
import { namesIn, recorded, rules } from "../observability/rules.ts";
import { ROOT } from "../settings.ts";
import { hasPrometheus, type Prometheus, startPrometheus } from "../testing/prometheus.ts";
import { type Stack, startStack } from "../testing/stack.ts";

const Targets = z.object({
  activeTargets: z.array(
    z.object({ labels: z.object({ job: z.string() }), health: z.string(), lastError: z.string() }),
  ),
});
const Groups = z.object({
  groups: z.array(z.object({ name: z.string(), rules: z.array(z.object({ health: z.string(), name: z.string() })) })),
});
const Vector = z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) });

const queries = (sightlineDashboard.panels ?? [])
  .flatMap((panel) => [panel, ...("panels" in panel ? panel.panels : [])])
  .flatMap((panel) =>
    ("targets" in panel ? (panel.targets ?? []) : []).map(({ expr }) => ({ title: panel.title, expr })),
  )
  .map(({ title, expr }) => ({ title, expr: z.string().parse(expr) }));

let stack: Stack;
beforeAll(async () => {
  stack = await startStack(inject("stackDir"));
});
afterAll(() => stack.end("SIGTERM"));

/** @returns the names that a scrape may hold, of a histogram those of its series. */
async function exposed(url: string, headers: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const text = await (await fetch(url, { headers })).text();
  return [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].flatMap(([, name = "", type]) =>
    type === "histogram" ? ["bucket", "sum", "count"].map((part) => `${name}_${part}`) : [name],
  );
}

it("names only metrics that the backend or the edge has: in rules, dashboard and documents", async () => {
  const edge = await exposed(`${stack.url}/admin/v1/metrics`, { authorization: `Bearer ${stack.adminToken}` });
  const backend = await exposed(`${stack.backendUrl}/metrics`);
  expect(edge).toContain("sightline_edge_requests_total");
  expect(backend).toContain("sightline_ready");
  const known = new Set([...edge, ...backend, ...recorded]);
  const documents = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) => namesIn(readFileSync(join(ROOT, "docs", file), "utf8")));
  const used = [...rules.map(({ expr }) => expr), ...queries.map(({ expr }) => expr)].flatMap(namesIn);
  expect([...used, ...documents].filter((name) => !known.has(name))).toEqual([]);
});

describe.skipIf(!hasPrometheus())("Prometheus", () => {
  let prometheus: Prometheus;
  beforeAll(async () => {
    await search();
    prometheus = await startPrometheus(join(stack.dir, "prometheus"), {
      backend: new URL(stack.backendUrl).host,
      edgeUrl: stack.url,
      adminToken: stack.adminToken,
    });
  });
  afterAll(() => prometheus.close());

  const search = async () => {
    const answer = await fetch(`${stack.url}/v1/collections/emoji/search`, {
      method: "POST",
      headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ query: `a red apple ${Math.random()}`, top_k: 3 }),
    });
    expect(answer.status).toBe(200);
  };

  const sampleOf = async (query: string): Promise<number> => {
    const { result } = Vector.parse(await prometheus.get("query", { query }));
    return Number(result[0]?.value[1] ?? Number.NaN);
  };

  it("reads the backend and the edge", async () => {
    const targets = async () => Targets.parse(await prometheus.get("targets", { state: "active" })).activeTargets;
    const judged = async () => (await targets()).filter(({ health }) => health !== "unknown");
    while ((await judged()).length < 2) await delay(500);
    expect(await targets()).toEqual(
      expect.arrayContaining(
        ["sightline-backend", "sightline-edge"].map((job) => ({ labels: { job }, health: "up", lastError: "" })),
      ),
    );
  }, 120_000);

  it("has what the stack has done", async () => {
    expect(await sampleOf("sightline_ready")).toBe(1);
    expect(await sampleOf(`sum(sightline_inputs_total{kind="text", outcome="ok"})`)).toBeGreaterThan(0);
    // Isolates tell Redis behind later answers, and the edge is asked every 30 s.
    const counted = [
      `sightline_edge_requests_total{route=~"/v1/.+"}`,
      `sightline_edge_cache_inputs_total{tier="miss"}`,
    ];
    for (const counter of counted) {
      while (!((await sampleOf(`sum(${counter})`)) > 0)) {
        await search();
        await delay(1000);
      }
    }
  }, 180_000);

  it("evaluates every rule", async () => {
    const groups = async () => Groups.parse(await prometheus.get("rules")).groups.flatMap((group) => group.rules);
    while ((await groups()).some(({ health }) => health === "unknown")) await delay(500);
    expect(await groups()).toHaveLength(rules.length);
    expect((await groups()).filter(({ health }) => health !== "ok")).toEqual([]);
  });

  it.each(queries)("understands the dashboard's $title: $expr", async ({ expr }) => {
    await prometheus.get("query", { query: expr.replaceAll("$__rate_interval", "2m") });
  });
});
