import { expect, it } from "vitest";
import { renderReport } from "./report.ts";

const machine = { cores: 2, processor: "a processor", node: "24.0.0", onnxruntime: "1.29.0", load: 0.25 };

it("prints each figure with what it is measured against, and on which machine", () => {
  const text = renderReport({
    at: "2026-01-01T00:00:00.000Z",
    machine,
    findings: [
      {
        what: "served",
        unit: "images/s",
        value: 12.34,
        against: { kind: "ceiling", what: "bare onnxruntime", value: 13.02 },
        ratio: 0.9478,
        goal: 0.9,
        notes: ["a note"],
      },
      {
        what: "cold start",
        unit: "s",
        value: 123.4,
        against: { kind: "self", what: "warm start", value: 1.234 },
        ratio: 100,
        atMost: 1.3,
        notes: [],
      },
    ],
    failures: [{ name: "peer", reason: "it needs a registry" }],
  });
  expect(text).toBe(
    `
2 cores (a processor), Node 24.0.0, onnxruntime 1.29.0, load 0.3 at the start

measured                   against                                   ratio   goal
served      12.3 images/s  ceiling  bare onnxruntime  13.0 images/s  0.95    ≥ 0.90 met
cold start  123 s          self     warm start        1.23 s         100.00  ≤ 1.30 missed

served:
  a note

cold start:

peer was not measured: it needs a registry
`.trim(),
  );
});
