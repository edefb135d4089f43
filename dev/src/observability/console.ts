/**
 * The dashboard's panels as a page that Prometheus serves itself, where there is no Grafana: console.html with the panels in it. Prometheus
 * takes such a page for a Go template, so that two braces in a row must not occur.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rows } from "./dashboard.ts";
import { PANEL_WIDTH } from "./grafana.ts";

/** Source of the braces: https://pkg.go.dev/text/template */
export function consolePage(): string {
  const panels = rows.map(({ title, charts }) => ({
    title,
    charts: charts.map(({ queries, ...chart }) => ({
      width: PANEL_WIDTH,
      ...chart,
      queries: queries.map(([expr, legend]) => ({ expr, legend })),
    })),
  }));
  const script = JSON.stringify(panels).replaceAll("{{", "\\u007b\\u007b").replaceAll("<", "\\u003c");
  return readFileSync(join(import.meta.dirname, "console.html"), "utf8").replace("/* PANELS */ []", () => script);
}
