/** The scripts in the shells that they are for; CI has all of them, elsewhere those that are installed are asked. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startCli } from "../../testing/cli.ts";
import { SHELLS, type Shell } from "./scripts.ts";

const run = promisify(execFile);

const isInstalled = (shell: string): boolean => {
  if (process.env.CI) return true;
  try {
    execFileSync(shell, ["-c", "true"], { stdio: "ignore" });
    return true;
  } catch {
    console.warn(`\n  SKIPPED: no ${shell} on PATH; install it to check its completion\n`);
    return false;
  }
};

/** What each shell is asked, to tell what it offers for a line. The last word is the one that is being typed. */
const ASK: Readonly<Record<Shell, (script: string, words: readonly string[]) => readonly string[]>> = {
  bash: (script, words) => [
    "--norc",
    "-c",
    `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sightline; printf '%s\\n' "\${COMPREPLY[@]}"`,
    "bash",
    script,
    ...words,
  ],
  // Its own functions need a terminal: they are replaced by ones that print what they are given.
  zsh: (script, words) => [
    "-fc",
    `compdef() {}; _files() {}; compadd() { shift; print -l -- $@ }; _describe() { print -l -- \${(P)2%%:*} }
     source "$1"; shift; words=("$@"); CURRENT=$#; _sightline`,
    "zsh",
    script,
    ...words,
  ],
  fish: (script, words) => [
    "--no-config",
    "-c",
    `source $argv[1]; complete -C "$argv[2]"`,
    script,
    words
      .map((word) => word || "''")
      .join(" ")
      .replace(/''$/, ""),
  ],
};

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sight line completion "));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(SHELLS.filter(isInstalled))("completion for %s", (shell) => {
  const script = () => join(dir, `script.${shell}`);
  beforeAll(async () => {
    await writeFile(script(), (await startCli(["completion", shell], {}).ended).stdout);
  });

  async function offered(...words: string[]): Promise<string[]> {
    const { stdout } = await run(shell, ASK[shell](script(), ["sightline", ...words]), { cwd: dir });
    const typed = words.at(-1) ?? "";
    // fish adds descriptions; zsh narrows the list down itself.
    const all = stdout.split("\n").map((line) => line.split("\t")[0] ?? "");
    return all.filter((word) => word !== "" && word.startsWith(typed));
  }

  it("offers commands, and what is below them", async () => {
    expect(await offered("")).toEqual(expect.arrayContaining(["search", "collections", "index", "admin"]));
    expect(await offered("s")).toEqual(["search"]);
    expect((await offered("admin", "")).sort()).toEqual(["help", "keys", "tenants", "usage"]);
    expect(await offered("--json", "admin", "keys", "ro")).toEqual(["rotate"]);
    expect(await offered("admin", "keys", "update", "acme", "k", "--e")).toEqual(["--expires"]);
    expect((await offered("models", "")).filter((word) => word === "pull")).toEqual([]);
    expect((await offered("completion", "")).sort()).toEqual(["bash", "fish", "zsh"]);
  });

  it("offers options where a word begins with a dash, and the values of some", async () => {
    expect(await offered("search", "shop", "apple", "--re")).toEqual(["--rerank"]);
    expect((await offered("search", "shop", "apple", "--rerank", "")).sort()).toEqual(["entailment", "exact"]);
    expect(await offered("admin", "tenants", "create", "--pl")).toEqual(["--plan"]);
    expect(await offered("search", "--js")).toEqual(["--json"]);
  });
});
