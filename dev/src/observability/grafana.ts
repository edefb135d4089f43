/**
 * The few kinds of panel that our dashboard is made of, in Grafana's own schema (its package of types has the version of the image in
 * deploy/compose/observability.yaml), and their layout: rows of panels, left to right.
 */
import {
  type Dashboard,
  DashboardCursorSync,
  FieldColorModeId,
  type Panel,
  type RowPanel,
  ThresholdsMode,
} from "@grafana/schema";

/** Grafana's grid. */
const COLUMNS = 24;
const PANEL_HEIGHT = 8;
/** Unless a chart says otherwise: a third of the page. */
export const PANEL_WIDTH = COLUMNS / 3;

/** The variable below, so that the dashboard works with whatever name a Prometheus has. */
const datasource = { type: "prometheus", uid: "$" + "{datasource}" };

/** PromQL, and what its series are called: `{{label}}` takes a label's value. */
export type Query = readonly [expr: string, legend: string];

export interface Chart {
  readonly kind: "lines" | "stacked" | "number";
  readonly title: string;
  /** What one sees, and when it is bad: shown beside the title. */
  readonly description?: string;
  /** One of Grafana's: reqps, percentunit, s, bytes, short, … */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** In 24ths of the page; PANEL_WIDTH unless said. */
  readonly width?: number;
  /** From this value on it is red. */
  readonly redFrom?: number;
  /** Below this value it is red. */
  readonly redBelow?: number;
  readonly max?: number;
}

export interface Row {
  readonly title: string;
  readonly charts: readonly Chart[];
  /** Folded: what is looked at only now and then, and costs no queries until it is. */
  readonly folded?: boolean;
}

/** @returns the dashboard as Grafana's provisioning reads it. */
export function dashboard(
  identity: { uid: string; title: string; description: string },
  rows: readonly Row[],
): Dashboard {
  const panels: (Panel | RowPanel)[] = [];
  let id = 1;
  let y = 0;
  for (const { title, charts, folded = false } of rows) {
    const row: RowPanel = {
      id: id++,
      type: "row",
      title,
      collapsed: folded,
      panels: [],
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
    };
    const placed = place(charts, y + 1).map((panel) => ({ ...panel, id: id++ }));
    // Grafana keeps what a folded row hides inside it.
    panels.push(folded ? { ...row, panels: placed } : row, ...(folded ? [] : placed));
    y = Math.max(...placed.map(({ gridPos }) => gridPos.y + gridPos.h));
  }
  return {
    ...identity,
    schemaVersion: 39,
    tags: ["sightline"],
    editable: true,
    graphTooltip: DashboardCursorSync.Crosshair,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    timezone: "browser",
    templating: {
      list: [{ type: "datasource", name: "datasource", label: "Prometheus", query: "prometheus" }],
    },
    panels,
  };
}

/** Left to right, and on to the next line where the width is used up. */
function place(charts: readonly Chart[], top: number) {
  let x = 0;
  let y = top;
  return charts.map((chart) => {
    const w = chart.width ?? PANEL_WIDTH;
    if (x + w > COLUMNS) {
      x = 0;
      y += PANEL_HEIGHT;
    }
    const panel = { ...panelOf(chart), gridPos: { x, y, w, h: PANEL_HEIGHT } };
    x += w;
    return panel;
  });
}

function panelOf({ kind, title, description, unit, queries, redFrom, redBelow, max }: Chart): Panel {
  return {
    type: kind === "number" ? "stat" : "timeseries",
    title,
    ...(description !== undefined && { description }),
    datasource,
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat,
      ...(kind === "number" && { instant: true }),
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        ...(max !== undefined && { max }),
        color: { mode: kind === "number" ? FieldColorModeId.Thresholds : FieldColorModeId.PaletteClassic },
        thresholds: { mode: ThresholdsMode.Absolute, steps: thresholds(redFrom, redBelow) },
        ...(kind !== "number" && {
          custom: {
            fillOpacity: kind === "stacked" ? 30 : 5,
            showPoints: "never",
            stacking: { mode: kind === "stacked" ? "normal" : "none" },
            thresholdsStyle: { mode: redFrom === undefined && redBelow === undefined ? "off" : "line" },
          },
        }),
      },
      overrides: [],
    },
    options:
      kind === "number"
        ? {
            colorMode: "value",
            graphMode: "none",
            reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
          }
        : {
            legend: { displayMode: "list", placement: "bottom", showLegend: true },
            tooltip: { mode: "multi", sort: "desc" },
          },
  };
}

/** The first step is what holds below all others, by Grafana's rule. */
function thresholds(redFrom?: number, redBelow?: number) {
  if (redBelow !== undefined)
    return [
      { color: "red", value: null },
      { color: "green", value: redBelow },
    ];
  if (redFrom !== undefined)
    return [
      { color: "green", value: null },
      { color: "red", value: redFrom },
    ];
  return [{ color: "text", value: null }];
}
