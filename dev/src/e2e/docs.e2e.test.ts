/**
 * Every code block of the README, the SDK's README and the guides, run as a reader runs them: from top to bottom of a page, in a
 * folder beside a stack that runs, with the SDK as npm would publish it. Blocks say themselves if they cannot be run, and why.
 */
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Block, blocksOf, printedBy } from "../docs/blocks.ts";
import { loadEmojiSamples, renderEmoji } from "../emoji.ts";
import { ROOT } from "../settings.ts";
import { installPackedSdk } from "../testing/packed-sdk.ts";
import { type Stack, startStack } from "../testing/stack.ts";

const run = promisify(execFile);

const PAGES = ["README.md", "sdk/README.md", "docs/{README,entailment,errors,limits}.md", "docs/guides/*.md"];
const pages = globSync(PAGES, { cwd: ROOT }).sort();

/** Where the pages say that the stack is. */
const DOCUMENTED_URL = "http://127.0.0.1:8787";
const PICTURES = { apple: "1f34e", pear: "1f350", rocket: "1f680" };
const skipped: string[] = [];

let stack: Stack;
let packed: string;
beforeAll(async () => {
  packed = await mkdtemp(join(tmpdir(), "sight line docs "));
  [stack] = await Promise.all([startStack(inject("stackDir")), installPackedSdk(packed)]);
  await mkdir(join(packed, "node_modules/.bin"));
  await symlink("../sightline/bin/sightline.js", join(packed, "node_modules/.bin/sightline"));
  await chmod(join(packed, "node_modules/sightline/bin/sightline.js"), 0o755);
  await symlink(join(ROOT, "node_modules/openai"), join(packed, "node_modules/openai"));
  // A page's curl shows what an error looks like, too; here it is a failure.
  await mkdir(join(packed, "bin"));
  await writeFile(join(packed, "bin/curl"), '#!/bin/sh\nPATH="$SYSTEM_PATH" exec curl --fail-with-body "$@"\n', {
    mode: 0o755,
  });
});
afterAll(async () => {
  await stack?.end("SIGTERM");
  await rm(packed, { recursive: true, force: true });
  console.log(`not run, of ${pages.length} pages:\n${skipped.map((line) => `  ${line}`).join("\n")}`);
});

/** A reader's folder: the stack's session, pictures, the SDK. It is the reader's home, too. */
async function makeFolder(page: string): Promise<string> {
  const folder = join(packed, page.replaceAll("/", "-"));
  await mkdir(join(folder, "Pictures"), { recursive: true });
  const samples = await loadEmojiSamples();
  for (const [name, id] of Object.entries(PICTURES)) {
    const sample = samples.find((one) => one.id === id);
    if (sample) await writeFile(join(folder, "Pictures", `${name}.png`), await renderEmoji(sample));
  }
  await symlink(join(packed, "node_modules"), join(folder, "node_modules"));
  await symlink(stack.dir, join(folder, ".sightline"));
  return folder;
}

/** What earlier blocks of a page have set is there in later ones. */
const inShell = (folder: string, script: string): Promise<{ stdout: string; stderr: string }> =>
  run("bash", ["-c", `set -aeuo pipefail\ntouch .variables; . ./.variables\n${script}\nexport -p > .variables`], {
    cwd: folder,
    env: {
      HOME: folder,
      SYSTEM_PATH: process.env.PATH ?? "",
      PATH: `${join(packed, "bin")}:${dirname(process.execPath)}:${process.env.PATH}`,
      npm_config_update_notifier: "false",
    },
  });

/** Where an earlier block has said where the stack is, it has to be right about it; other pages have sent their reader there. */
async function runTypeScript(folder: string, { code, line }: Block): Promise<void> {
  await writeFile(join(folder, `block-${line}.mts`), code);
  const settings = `SIGHTLINE_URL="\${SIGHTLINE_URL:-${stack.url}}" SIGHTLINE_API_KEY="\${SIGHTLINE_API_KEY:-${stack.apiKey}}"`;
  const { stdout } = await inShell(folder, `${settings} "${process.execPath}" block-${line}.mts`);
  const printed = printedBy(code);
  if (printed.length > 0) expect(stdout.trimEnd().split("\n")).toEqual(printed);
}

describe.each(pages)("%s", (page) => {
  it("has code that runs", { timeout: 300_000 }, async () => {
    const text = (await readFile(join(ROOT, page), "utf8")).replaceAll(DOCUMENTED_URL, stack.url);
    const folder = await makeFolder(page);
    for (const block of blocksOf(text)) {
      const { line, language, code, notRun } = block;
      if (notRun !== undefined) {
        skipped.push(`${page}:${line}: ${notRun}`);
        continue;
      }
      try {
        if (language === "sh") await inShell(folder, code);
        else if (language === "ts") await runTypeScript(folder, block);
        else if (language === "json") JSON.parse(code);
        else throw new Error(`nobody knows how to run "${language}": mark it as not run`);
      } catch (cause) {
        const { stdout = "", stderr = "" } = cause as { stdout?: string; stderr?: string };
        throw new Error(`${page}:${line} failed\n${stdout}${stderr}${stderr ? "" : cause}`);
      }
    }
  });
});

it("each page that it names is there", () => {
  expect(pages.length).toBeGreaterThanOrEqual(11);
});
