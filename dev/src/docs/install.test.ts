/** The pages that tell how to install the SDK name the file that `npm pack` makes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../settings.ts";

it.each(["README.md", "sdk/README.md"])("%s installs the file that npm pack makes of this version", async (page) => {
  const { name, version } = JSON.parse(await readFile(join(ROOT, "sdk/package.json"), "utf8")) as Record<
    string,
    string
  >;
  const commands = (await readFile(join(ROOT, page), "utf8")).match(/npm install \S+\.tgz/g) ?? [];
  expect(commands).toEqual([`npm install ./${name}-${version}.tgz`]);
});
