/** `npm run bench [-- <name>…] [--seconds N] [--json FILE]`: runs the benchmarks one after the other and prints what they found. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type Bench, NotHere } from "./bench.ts";
import { benchEdge } from "./edge.ts";
import { benchEntail } from "./entail.ts";
import { benchGpu } from "./gpu.ts";
import { describeMachine } from "./machine.ts";
import { benchModels } from "./models.ts";
import { benchPeer } from "./peer.ts";
import { benchPreprocess } from "./preprocess.ts";
import { type Finding, type Report, renderReport } from "./report.ts";
import { benchSearch } from "./search.ts";
import { benchServed } from "./served.ts";
import { benchSoak } from "./soak.ts";
import { benchStart } from "./start.ts";

// ONNX Runtime would tell Microsoft of its use.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

const BENCHES: Readonly<Record<string, Bench>> = {
  served: benchServed,
  peer: benchPeer,
  preprocess: benchPreprocess,
  start: benchStart,
  edge: benchEdge,
  search: benchSearch,
  entail: benchEntail,
  models: benchModels,
  gpu: benchGpu,
  soak: benchSoak,
};
/** Only when asked for: it wants its ten minutes. */
const ON_REQUEST = new Set(["soak"]);
/** Many short rounds rather than few long ones: what else the machine does comes in spells. */
const ROUNDS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "12" }, json: { type: "string" } },
});

const seconds = Number(values.seconds);
if (!(seconds > 0)) fail(`--seconds is a positive number, not "${values.seconds}"`);
const chosen = (
  positionals.length > 0 ? positionals : Object.keys(BENCHES).filter((name) => !ON_REQUEST.has(name))
).map((name) => {
  const bench = BENCHES[name] ?? fail(`there is no benchmark "${name}", only ${Object.keys(BENCHES).join(", ")}`);
  return { name, bench };
});

const say = (line: string) => console.error(line);
const at = new Date().toISOString();
const machine = describeMachine();
const findings: Finding[] = [];
const failures: Report["failures"][number][] = [];
for (const { name, bench } of chosen) {
  say(`${name}…`);
  try {
    findings.push(...(await bench({ cores: machine.cores, seconds, rounds: ROUNDS, say: (line) => say(`  ${line}`) })));
  } catch (error) {
    failures.push({ name, reason: reasonOf(error) });
    // Not process.exit: it would cut off what is still being written.
    if (!(error instanceof NotHere)) process.exitCode = 1;
  }
}

const report: Report = { at, machine, findings, failures };
console.log(`\n${renderReport(report)}`);
if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);

/** With its cause: `fetch` says what went wrong only there. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${reasonOf(error.cause)}`;
}

function fail(reason: string): never {
  console.error(reason);
  process.exit(2);
}
