/** The code that the page shows runs as it stands: the command in a shell, the module on Node with the published SDK. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser } from "../testing/browser.ts";
import { installPackedSdk } from "../testing/packed-sdk.ts";
import { emojiFile, pageWorld } from "../testing/page.ts";

const run = promisify(execFile);

describe.skipIf(!hasBrowser())("the code of a panel", () => {
  const world = pageWorld();
  let folder: string;
  let page: Page;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sight line code "));
    await installPackedSdk(folder);
    const { name, buffer } = await emojiFile("1f34e", "red apple's.png");
    await mkdir(join(folder, "fruit"));
    await Promise.all([writeFile(join(folder, name), buffer), writeFile(join(folder, "fruit/apple.png"), buffer)]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => page?.context().close());

  /** Opens the panel, gives it the picture, and takes the code that it shows. */
  async function codeOf(
    address: string,
    chooser: "picture-chooser" | "file-chooser",
  ): Promise<[curl: string, ts: string]> {
    page = await world.open(address);
    if (address.startsWith("#/compare")) {
      // It begins with samples, whose files are not in the folder.
      const chips = page.getByTestId("chip");
      await chips.first().waitFor();
      for (let left = await chips.count(); left > 0; left -= 1) await chips.first().getByRole("button").click();
    }
    await page
      .getByTestId(chooser)
      .first()
      .setInputFiles([await emojiFile("1f34e", "red apple's.png")]);
    const block = page.getByTestId("code");
    await block.locator("summary").click();
    const code = block.locator("pre");
    await code.filter({ hasText: "apple" }).waitFor();
    const curl = await code.textContent();
    await block.getByRole("tab", { name: "TypeScript" }).click();
    await code.filter({ hasText: "import" }).waitFor();
    return [curl ?? "", (await code.textContent()) ?? ""];
  }

  it.each([
    [
      "search",
      "#/search?q=it's+%22$HOME%22&without=leaf&verify=1&where=group%3A%22food-drink%22",
      /"results"/,
      /score:/,
    ],
    ["classify", "#/classify?t=fruit&t=it's+a+`car`", /"score"/, /label: 'fruit'/],
    ["rank", "#/rank?q=unused&t=an+apple&t=a+car", /"score"/, /index: 0/],
    ["entail", "#/entail?q=An+apple.", /"label":"yes"/, /^yes \{/],
    ["compare", "#/compare?t=an+apple", /"embedding"/, /Float32Array/],
    ["add", "#/add?new=from-code", /"stored"/, /^1 \[/],
  ])("%s", async (_panel, address, ofCurl, ofTypeScript) => {
    const isAdd = address.startsWith("#/add");
    const [curl, typescript] = await codeOf(address, isAdd ? "file-chooser" : "picture-chooser");
    expect(curl + typescript).not.toContain(world.stack.apiKey);
    const env = { PATH: process.env.PATH ?? "", SIGHTLINE_API_KEY: world.stack.apiKey };
    if (isAdd) {
      const headers = { authorization: `Bearer ${env.SIGHTLINE_API_KEY}`, "content-type": "application/json" };
      await fetch(`${world.stack.url}/v1/collections/from-code`, { method: "PUT", headers, body: "{}" });
    }

    expect((await run("sh", ["-c", curl], { cwd: folder, env })).stdout).toMatch(ofCurl);

    await writeFile(join(folder, "example.mjs"), typescript);
    expect((await run(process.execPath, ["example.mjs"], { cwd: folder, env })).stdout).toMatch(ofTypeScript);
  });
});
