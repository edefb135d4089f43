/** Links between the project's own pages lead somewhere, to the heading, too. */
import { globSync } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../settings.ts";

const PAGES = ["README.md", "docs/**/*.md", "{sdk,bench}/README.md", "models/*/README.md", "terraform/**/README.md"];
const pages = globSync(PAGES, { cwd: ROOT, exclude: ["**/node_modules/**"] }).sort();

const withoutCode = (markdown: string): string =>
  markdown.replaceAll(/^(`{3,})[\s\S]*?^\1$/gm, "").replaceAll(/`[^`\n]*`/g, "");

/** As GitHub names them: lower case, no punctuation, blanks as dashes. */
const anchorsIn = (markdown: string): readonly string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-"),
  );

const linksIn = (markdown: string): readonly string[] =>
  [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

async function isThere(page: string, link: string): Promise<boolean> {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path);
  if (!(await exists(file))) return false;
  return anchor === undefined || anchorsIn(await readFile(file, "utf8")).includes(anchor);
}

describe.each(pages)("%s", (page) => {
  it("links to what is there", async () => {
    const links = linksIn(await readFile(join(ROOT, page), "utf8"));
    const broken: string[] = [];
    for (const link of new Set(links)) if (!(await isThere(page, link))) broken.push(link);
    expect(broken).toEqual([]);
  });
});

it("the pages are found", () => {
  expect(pages.map((page) => relative("docs", page))).toContain("architecture.md");
});
