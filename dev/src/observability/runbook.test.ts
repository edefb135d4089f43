/**
 * The runbook (docs/operations) names nothing that is not there: links and their sections, commands of npm, of the benchmark, of the
 * operator and of the CLI, files, and panels of the dashboard.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../ops/command-line.ts";
import { ROOT } from "../settings.ts";
import { sightlineDashboard } from "./dashboard.ts";

const execute = promisify(execFile);
const FOLDER = "docs/operations";
const files = ["docs/operations.md", ...readdirSync(join(ROOT, FOLDER)).map((name) => `${FOLDER}/${name}`)];
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const all = files.map(read).join("\n");

/** As GitHub makes anchors of headings. */
const anchorsOf = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** What follows `prefix` up to the end of the command, once each. */
const commands = (prefix: string): readonly string[] => [
  ...new Set(
    [...all.matchAll(new RegExp(`(?<![\\w-])${prefix} +([^\\n\`#;&|)]+)`, "g"))].map(([, rest = ""]) => rest.trim()),
  ),
];

describe("the runbook", () => {
  it.each(files)("%s links to what is there", (file) => {
    for (const [, target = ""] of read(file).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (target.startsWith("http")) continue;
      const [path = "", anchor] = target.split("#");
      const linked = path === "" ? file : join(dirname(file), path);
      expect(existsSync(join(ROOT, linked)), `${target} of ${file}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(read(linked)), `${target} of ${file}`).toContain(anchor);
    }
  });

  it("names scripts that package.json has, and benchmarks that there are", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const named = commands("npm run(?: --silent)?").filter((rest) => !rest.includes(" -w "));
    expect(named.length).toBeGreaterThan(10);
    for (const rest of named) expect(Object.keys(scripts), rest).toContain(rest.split(" ")[0]);
    const benches = [...read("bench/src/main.ts").matchAll(/^ {2}(\w+): bench/gm)].map(([, name]) => name);
    const wanted = commands("npm run bench --").flatMap((rest) => (rest.split(" --")[0] ?? "").split(" "));
    expect(wanted.filter((name) => !benches.includes(name))).toEqual([]);
  });

  it("gives the operator's commands as they are understood", () => {
    const named = commands("npm run ops --").filter((rest) => !rest.includes("<"));
    expect(named.length).toBeGreaterThan(5);
    for (const rest of named) expect(() => parseCommandLine(rest.split(/\s+/)), rest).not.toThrow();
  });

  it.each(commands("npx sightline"))("says `sightline %s` as the command line knows it", async (rest) => {
    const words = rest.split(" ");
    const path = words.slice(0, words.findIndex((word) => /^(acme|<|-)/.test(word)) >>> 0);
    const { stdout } = await execute("npx", ["sightline", ...path, "--help"], { cwd: ROOT });
    expect(stdout).toMatch(new RegExp(`^Usage: sightline ${path.join(" ")} `));
    for (const option of words.filter((word) => word.startsWith("--"))) expect(stdout).toContain(option);
  });

  it("names files and folders that are there", () => {
    const named = all.match(/(?<![\w./-])(?:deploy|dev|gpu-backend|terraform|bench|shared|edge)\/[\w./-]*\w/g) ?? [];
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("points to panels that the dashboard has", () => {
    const titles = (sightlineDashboard.panels ?? [])
      .flatMap((panel) => [panel, ...("panels" in panel ? panel.panels : [])])
      .map(({ title }) => title);
    const named = [...read(`${FOLDER}/alerts.md`).matchAll(/«([^»]+)»/g)].map(([, title]) => title);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((title) => !titles.includes(title))).toEqual([]);
  });
});
