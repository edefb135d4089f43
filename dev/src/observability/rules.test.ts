/** deploy/observability's rules and configuration by Prometheus' own tools, and that no alert is without a test or a runbook. */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { ROOT } from "../settings.ts";
import { hasPrometheus, PROMETHEUS } from "../testing/prometheus.ts";
import { alerts, groups, namesIn, recorded, rules, testFiles } from "./rules.ts";

const execute = promisify(execFile);
const dir = mkdtempSync(join(tmpdir(), "sightline rules "));
afterAll(() => rmSync(dir, { recursive: true }));

/** A program of this name in the place of the real one. @returns a PATH that has it first. */
function stub(program: string, script: string): string {
  writeFileSync(join(dir, program), `#!/bin/sh\n${script}\n`);
  chmodSync(join(dir, program), 0o755);
  return `${dir}:${process.env.PATH}`;
}

describe.skipIf(!hasPrometheus())("promtool", () => {
  it("finds nothing wrong with what start.sh puts together, secrets for the owner alone", async () => {
    const check = `conf=\${1#--config.file=}; stat -c %a "$(dirname "$conf")/admin-token"; cat "$(dirname "$conf")"/targets/*; promtool check config "$conf"`;
    const env = { TMPDIR: dir, BACKEND: "backend:8788", EDGE_URL: "https://api.example.com/", ADMIN_TOKEN: "token" };
    const PATH = stub("prometheus", check);
    const { stdout } = await execute(join(PROMETHEUS, "start.sh"), { env: { ...env, PATH } });
    expect(stdout).toMatch(/^600\n/);
    expect(stdout).toContain('targets: ["backend:8788"]');
    expect(stdout).toContain('targets: ["api.example.com"]\n  labels: { __scheme__: "https" }');
    expect(stdout).toContain("SUCCESS: 3 rule files found");
    expect(stdout.match(/SUCCESS: \d+ rules found/g)).toHaveLength(3);
  });

  it("finds nothing wrong with it where no backend can be reached, which is neither scraped nor judged", async () => {
    const check = `conf=\${1#--config.file=}; cat "$(dirname "$conf")"/targets/backend.yml; promtool check config "$conf"`;
    const env = { TMPDIR: dir, EDGE_URL: "https://api.example.com", ADMIN_TOKEN: "token" };
    const PATH = stub("prometheus", check);
    const { stdout, stderr } = await execute(join(PROMETHEUS, "start.sh"), { env: { ...env, PATH } });
    expect(stdout).toMatch(/^\[\]\n/);
    expect(stdout).toContain("SUCCESS: 2 rule files found");
    expect(stdout).not.toContain("rules/backend.yml");
    expect(stderr).toBe("");
  });

  it.each(testFiles.map((file) => basename(file)))(
    "sees the alerts fire and be silent as %s says",
    async (file) => {
      await execute("promtool", ["test", "rules", file], { cwd: join(PROMETHEUS, "tests") });
    },
    240_000,
  );
});

describe("the rules", () => {
  const cases = testFiles.flatMap((file) => {
    const { tests } = parse(readFileSync(file, "utf8")) as { tests: { alert_rule_test?: AlertTest[] }[] };
    return tests.flatMap((test) => test.alert_rule_test ?? []);
  });

  it.each(alerts.map(({ alert }) => alert))("%s is seen to fire and not to fire", (alert) => {
    const expected = cases.filter(({ alertname }) => alertname === alert).map((test) => test.exp_alerts?.length ?? 0);
    expect(expected.some((count) => count > 0)).toBe(true);
    expect(expected).toContain(0);
  });

  it.each(alerts)("$alert has its section in the runbook", ({ alert, annotations }) => {
    const [file = "", anchor] = annotations.runbook.split("#");
    expect(anchor).toBe(alert.toLowerCase());
    expect(existsSync(join(ROOT, file))).toBe(true);
    expect(readFileSync(join(ROOT, file), "utf8").split("\n")).toContain(`## ${alert}`);
  });

  it("record what they use", () => {
    const used = rules.flatMap(({ expr }) => namesIn(expr)).filter((name) => name.includes(":"));
    expect(recorded).toEqual(expect.arrayContaining(used));
  });
});

it("the rules of Kubernetes are the same (after a change: vitest -u)", async () => {
  const rule = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      name: "sightline-backend",
      namespace: "sightline",
      labels: { "app.kubernetes.io/name": "sightline-backend" },
    },
    spec: { groups },
  };
  const origin = "# Made of deploy/observability/prometheus/rules by dev/src/observability/rules.test.ts.\n";
  const file = join(ROOT, "gpu-backend/k8s/components/metrics/prometheus-rule.yaml");
  await expect(origin + stringify(rule, { lineWidth: 0 })).toMatchFileSnapshot(file);
});

it("Alertmanager gets the address of the webhook as it is", async () => {
  const env = { TMPDIR: dir, ALERT_WEBHOOK_URL: "https://hooks.example.com/a|b?c=1&d=\\2" };
  const PATH = stub("alertmanager", `cat "\${1#--config.file=}"`);
  const { stdout } = await execute(join(PROMETHEUS, "../alertmanager/start.sh"), { env: { ...env, PATH } });
  const { receivers } = parse(stdout) as { receivers: { webhook_configs: { url: string }[] }[] };
  expect(receivers[0]!.webhook_configs[0]!.url).toBe(env.ALERT_WEBHOOK_URL);
});

interface AlertTest {
  readonly alertname: string;
  readonly exp_alerts?: readonly unknown[];
}
