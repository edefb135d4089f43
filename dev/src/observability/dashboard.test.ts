/** The dashboard's file is what the code says, and nothing lies on top of another. Its queries: observability.e2e.test.ts. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../settings.ts";
import { consolePage } from "./console.ts";
import { sightlineDashboard } from "./dashboard.ts";

const panels = (sightlineDashboard.panels ?? []).flatMap((panel) => [
  panel,
  ...("panels" in panel ? panel.panels : []),
]);

it("lies in the folder that Grafana reads (after a change of dashboard.ts: vitest -u)", async () => {
  const file = join(ROOT, "deploy/observability/grafana/dashboards/sightline.json");
  await expect(`${JSON.stringify(sightlineDashboard, null, 2)}\n`).toMatchFileSnapshot(file);
});

it("lies where Prometheus serves it without Grafana, and is no template to it", async () => {
  const page = consolePage();
  expect(page).not.toContain("{{");
  await expect(page).toMatchFileSnapshot(join(ROOT, "deploy/observability/prometheus/consoles/sightline.html"));
});

it("gives each panel an id and a place of its own on the page", () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos }) => {
    const { x, y, w, h } = gridPos!;
    expect(x + w).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
});
