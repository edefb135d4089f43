/**
 * A real Prometheus, started as in production, watches the whole stack: it reads both parts, its rules evaluate, the dashboard's queries are
 * PromQL, and none of all that speaks of a metric that nobody has.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { rows, sightlineDashboard } from "../observability/dashboard.ts";
import { namesIn, recorded, rules } from "../observability/rules.ts";
import { ROOT } from "../settings.ts";
import { hasBrowser, openBrowser } from "../testing/browser.ts";
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

const titles = rows.flatMap(({ charts }) => charts.map(({ title }) => title));
const queries = (sightlineDashboard.panels ?? [])
  .flatMap((panel) => [panel, ...("panels" in panel ? panel.panels : [])])
  .flatMap((panel) =>
    ("targets" in panel ? (panel.targets ?? []) : []).map(({ expr }) => ({ title: panel.title, expr })),
  )
  .map(({ title, expr }) => ({ title, expr: z.string().parse(expr) }));

const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

let stack: Stack;
beforeAll(async () => {
  stack = await startStack(inject("stackDir"));
});
afterAll(() => stack.end("SIGTERM"));

describe("metrics", () => {
  let exposed: readonly { readonly name: string; readonly type: string }[];
  beforeAll(async () => {
    const authorization = `Bearer ${stack.adminToken}`;
    const edge = await fetch(`${stack.url}/admin/v1/metrics`, { headers: { authorization } });
    const backend = await fetch(`${stack.backendUrl}/metrics`);
    const text = (await edge.text()) + (await backend.text());
    exposed = [...text.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = "", type = ""]) => ({ name, type }));
  });

  it("of rules, dashboard and runbook are such as the backend or the edge has", () => {
    const series = exposed.flatMap(({ name, type }) =>
      type === "histogram" ? ["bucket", "sum", "count"].map((part) => `${name}_${part}`) : [name],
    );
    const runbook = readdirSync(join(ROOT, "docs/operations")).map((name) => read(`docs/operations/${name}`));
    const used = [...rules.map(({ expr }) => expr), ...queries.map(({ expr }) => expr), ...runbook].flatMap(namesIn);
    expect(used).toContain("sightline_ready");
    expect(used.filter((name) => ![...series, ...recorded].includes(name))).toEqual([]);
  });

  it("stand in the tables of docs/telemetry.md, all of them and no other", () => {
    const tabled = read("docs/telemetry.md")
      .split(/^## /m)
      .flatMap((section) => {
        const prefix = /name \(all begin with `(\w+)`\)/.exec(section)?.[1];
        const cells = [...section.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, cell = ""]) => cell);
        const names = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)/g)].map(([, name]) => name));
        return prefix === undefined ? [] : names.map((name) => `${prefix}${name}`);
      });
    const ours = exposed.map(({ name }) => name).filter((name) => name.startsWith("sightline_"));
    expect(tabled.toSorted()).toEqual(ours.toSorted());
  });
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

  // One group is evaluated once a minute.
  it("evaluates every rule", async () => {
    const groups = async () => Groups.parse(await prometheus.get("rules")).groups.flatMap((group) => group.rules);
    while ((await groups()).some(({ health }) => health === "unknown")) await delay(500);
    expect(await groups()).toHaveLength(rules.length);
    expect((await groups()).filter(({ health }) => health !== "ok")).toEqual([]);
  }, 120_000);

  it.skipIf(!hasBrowser())("shows the dashboard itself, every panel of it", async () => {
    const browser = await openBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${prometheus.url}/consoles/sightline.html?range=300`);
      const panels = page.locator("figure");
      await panels.first().waitFor();
      expect(await panels.count()).toBe(titles.length);
      await page.locator("figure:not(:has(.number)):not(:has(svg))").first().waitFor({ state: "detached" });
      const ready = panels.filter({ hasText: "Replicas ready" });
      expect(await ready.locator(".number").textContent()).toBe("1 ");
    } finally {
      await browser.close();
    }
  });

  it.each(queries)("understands the dashboard's $title: $expr", async ({ expr }) => {
    await prometheus.get("query", { query: expr.replaceAll("$__rate_interval", "2m") });
  });
});
