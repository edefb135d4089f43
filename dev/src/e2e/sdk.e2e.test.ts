import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type EmojiSample, loadEmojiSamples, renderEmoji } from "../emoji.ts";
import { ROOT } from "../settings.ts";
import { hasBrowser, openBrowser } from "../testing/browser.ts";
import { installPackedSdk } from "../testing/packed-sdk.ts";
import { type Stack, startStack } from "../testing/stack.ts";

const run = promisify(execFile);

let stack: Stack;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sight line sdk "));
  [stack] = await Promise.all([startStack(inject("stackDir")), installPackedSdk(folder)]);
  await mkdir(join(folder, "pictures/fruit"), { recursive: true });
  const samples = new Map((await loadEmojiSamples()).map((sample) => [sample.id, sample]));
  const draw = async (file: string, id: string) =>
    writeFile(join(folder, "pictures", file), await renderEmoji(samples.get(id) as EmojiSample));
  // The README's comes from the API; what it is called is of no account.
  await Promise.all([
    draw("../apple.webp", "1f34e"),
    draw("apple.png", "1f34e"),
    draw("fruit/pear.png", "1f350"),
    draw("rocket.png", "1f680"),
  ]);
  await writeFile(join(folder, "pictures/broken.png"), "no picture");
});
afterAll(async () => {
  await stack?.end("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

/** Ours, and the machine's own, which may be older. */
function nodes(): string[] {
  const isThere = (file: string) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  const own = (process.env.PATH ?? "")
    .split(delimiter)
    .filter((place) => !place.includes("node_modules"))
    .map((place) => join(place, "node"))
    .find(isThere);
  return [process.execPath, ...(own ? [own] : [])];
}

const environment = () => ({
  PATH: process.env.PATH ?? "",
  SIGHTLINE_URL: stack.url,
  SIGHTLINE_API_KEY: stack.apiKey,
  XDG_STATE_HOME: folder,
});

describe("the published SDK", () => {
  it.each(nodes())("runs the README's ten lines on %s", async (node) => {
    const readme = await readFile(join(ROOT, "README.md"), "utf8");
    const code = /```ts\n(import \{ Sightline \}[^`]+)```/.exec(readme)?.[1] ?? "";
    expect(code.trim().split("\n").filter(Boolean).length).toBeLessThanOrEqual(12);
    await writeFile(join(folder, "example.mjs"), code);
    const { stdout } = await run(node, ["example.mjs"], { cwd: folder, env: environment() });
    expect(stdout).toBe("apple\n");
  });

  it.skipIf(!hasBrowser())("runs in a browser", async () => {
    await using browser = await openBrowser();
    const page = await browser.newPage();
    const files = `${stack.url}/packed-sdk/`;
    await page.route(`${files}*`, async (route) => {
      const file = join(folder, "node_modules/sightline/dist", route.request().url().slice(files.length));
      await route.fulfill({ path: file, contentType: "text/javascript" });
    });
    await page.goto(stack.url);
    // As text: vitest would rewrite the import in a function.
    const found = await page.evaluate(`(async () => {
      const { Sightline } = await import(${JSON.stringify(`${files}index.js`)});
      const sightline = new Sightline({ baseUrl: location.origin, apiKey: ${JSON.stringify(stack.apiKey)} });
      const emoji = sightline.collection("emoji");
      const picture = new Blob([await emoji.itemImage("1f34e")]);
      return (await emoji.search(picture, { top_k: 1 })).results[0].id;
    })()`);
    expect(found).toBe("1f34e");
  });

  it("has types for whoever has neither Node's nor ours", async () => {
    const code = `
      import { Sightline, NotFoundError, type SearchResult } from "sightline";
      const found = await new Sightline().collection("c").search(new Blob([]), { filter: { field: "a", lt: 1 } });
      export const first: SearchResult | undefined = found.results[0];
      export const isMissing = (error: unknown): boolean => error instanceof NotFoundError;
      // @ts-expect-error: there is no such option
      await new Sightline().collection("c").search("x", { topk: 1 });
    `;
    await writeFile(join(folder, "consumer.mts"), code);
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"];
    await run(join(ROOT, "node_modules/.bin/tsc"), [...options, "--types", "", "consumer.mts"], { cwd: folder });
  });
});

describe.each(nodes())("the published command line on %s", (node) => {
  const sightline = (...args: string[]) =>
    run(node, ["node_modules/sightline/bin/sightline.js", ...args], { cwd: folder, env: environment() }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );

  it("indexes a folder, finds what is in it, and gives it back", async () => {
    await sightline("collections", "delete", "shots");
    const indexed = await sightline("--json", "index", "pictures", "-c", "shots");
    expect(indexed.stderr).toContain(`${join("pictures", "broken.png")}: The bytes are not an image`);
    expect([indexed.code, JSON.parse(indexed.stdout)]).toEqual([6, { stored: 3, kept: 0, refused: 1 }]);

    const found = JSON.parse((await sightline("search", "shots", "rocket", "-n", "1", "--json")).stdout);
    expect(found.results).toMatchObject([{ id: "rocket.png", metadata: { folder: "", name: "rocket.png" } }]);
    const filter = '{"field": "folder", "eq": "fruit"}';
    const human = await sightline("search", "shots", "@pictures/apple.png", "--filter", filter);
    expect(human.stdout.split("\n")[1]).toMatch(/^\d\.\d{4} {2}fruit\/pear\.png {2}image {2}\{"folder":"fruit"/);

    const again = JSON.parse((await sightline("--json", "index", "pictures", "-c", "shots")).stdout);
    expect(again).toEqual({ stored: 0, kept: 3, refused: 1 });
    expect((await sightline("items", "delete", "shots", "apple.png")).stdout).toBe("1 items are gone\n");
    expect((await sightline("collections", "show", "shots")).stdout).toContain("2 (2 pictures, 0 texts)");
  });

  it("answers with tables for people and JSON for programs", async () => {
    const { stdout } = await sightline("classify", "a red apple", "--labels", "fruit, vehicle");
    expect(stdout).toMatch(/^input +label +score +cosine\na red apple +fruit +\d/);
    const ranked = JSON.parse((await sightline("rank", "a fruit", "a train", "@pictures/apple.png", "--json")).stdout);
    expect(ranked.results[0].index).toBe(1);
    const { vectors } = JSON.parse((await sightline("embed", "a red apple", "--json")).stdout);
    expect(vectors[0]).toHaveLength(256);
    expect((await sightline("models")).stdout).toContain("emoji-dual");
    expect((await sightline("usage")).stdout).toContain("plan unlimited");
    expect((await sightline("collections")).stdout).toContain("emoji");
    expect(JSON.parse((await sightline("items", "list", "emoji", "-n", "3", "--json")).stdout)).toHaveLength(3);
    expect(JSON.parse((await sightline("items", "get", "emoji", "1f34e")).stdout)).toMatchObject({ id: "1f34e" });
  });

  it("says what the API says", async () => {
    const missing = await sightline("search", "no-such-thing", "x");
    expect([missing.code, missing.stdout]).toEqual([3, ""]);
    expect(missing.stderr).toMatch(
      /^error: There is no collection "no-such-thing"\. .+\n +\(collection_not_found, request req_/,
    );
  });
});

describe("npx sightline in the checkout", () => {
  it("runs without a build and finds the stack that is running", async () => {
    const { stdout } = await run("npx", ["sightline", "search", "emoji", "a red apple", "-n", "1", "--json"], {
      cwd: ROOT,
      env: { ...process.env, SIGHTLINE_DIR: stack.dir },
    });
    expect(JSON.parse(stdout).results).toHaveLength(1);
  });
});
