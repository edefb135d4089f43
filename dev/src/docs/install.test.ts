/** The pages that tell how to install the SDK name the file that `npm pack` makes; the guides say what has to be done before their code runs. */
import { globSync, readFileSync } from "node:fs";
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

const withSdk = globSync("docs/**/*.md", { cwd: ROOT })
  .map((page) => [page, readFileSync(join(ROOT, page), "utf8")] as const)
  .filter(([, text]) => text.includes('from "sightline"'));

it.each(withSdk)("%s says first how the SDK is built and told where the stack is", (_, text) => {
  const [before = ""] = text.split('from "sightline"');
  expect(before).toMatch(
    /quick-start\.md#5-the-same-from-code|^npm run build -w sightline$(?:.|\n)*^export SIGHTLINE_URL=/m,
  );
});
