/** The tables of `docs/errors.md` and `docs/limits.md` are the code's. `DOCS=write` writes them anew. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ERRORS } from "@sightline/shared/errors";
import { COST, LIMITS, PLANS, type Plan, type WorkKind } from "@sightline/shared/limits";
import { describe, expect, it } from "vitest";
import { ROOT } from "../settings.ts";

type Row = readonly string[];

const number = (value: number): string => value.toLocaleString("en").replaceAll(",", " ");
const bytes = (value: number): string =>
  value % 2 ** 20 === 0
    ? `${number(value / 2 ** 20)} MB`
    : value % 2 ** 10 === 0
      ? `${value / 2 ** 10} kB`
      : `${value} bytes`;

const LIMIT_NAMES: Readonly<Record<keyof typeof LIMITS, string>> = {
  bodyBytes: "body of a request",
  bodyStructure: "`,`, `[` and `{` of a JSON body, outside its texts",
  imageBytes: "file of a picture",
  imagePixels: "pixels of a picture",
  imagesPerCall: "pictures a call",
  textsPerCall: "texts a call",
  pairsPerCall: "pairs a call of `/v1/entailment`",
  textBytes: "a text, in UTF-8",
  candidates: "candidates of a ranking",
  labels: "labels of a classification",
  promptsPerCall: "prompts of all labels together",
  topK: "`top_k`",
  queriesPerSearch: "queries of a search, and negative ones",
  verifiedPerSearch: "pictures that a search has judged",
  itemsPerCall: "items a call",
  pageSize: "items of a page",
  keysPerTenant: "keys of a tenant",
  collectionsPerTenant: "collections of a tenant",
  metadataBytes: "metadata of an item, as JSON",
  metadataDepth: "levels of metadata",
  filterConditions: "conditions of a filter",
  filterDepth: "levels of a filter",
  deadlineMs: "time that a call has",
};

function limitValue(name: keyof typeof LIMITS): string {
  const value = LIMITS[name];
  if (name.endsWith("Bytes")) return bytes(value);
  return name.endsWith("Ms") ? `${value / 1000} s` : number(value);
}

const PLAN_NAMES: Readonly<Record<keyof Plan, string>> = {
  requestsPerMinute: "requests a minute",
  computeUnitsPerMinute: "compute units a minute",
  computeBurst: "compute units at once, after a pause",
  computeUnitsPerMonth: "compute units a month",
  concurrency: "calls in progress",
  bodyBytes: "body of a request",
  imagesPerCall: "pictures a call",
  textsPerCall: "texts a call",
};

const WORK_NAMES: Readonly<Record<WorkKind, string>> = {
  text: "a text",
  image: "a picture",
  pair: "a picture and a sentence to judge",
  search: "a query of a search",
  write: "a write",
  read: "a call that asks for no such work",
};

const rows = {
  errors: (): Row[] =>
    Object.entries(ERRORS).map(([code, { status, meaning, remedy }]) => [
      `\`${code}\``,
      String(status),
      meaning,
      remedy,
    ]),
  limits: (): Row[] =>
    (Object.keys(LIMITS) as (keyof typeof LIMITS)[]).map((name) => [LIMIT_NAMES[name], limitValue(name)]),
  plans: (): Row[] =>
    (Object.keys(PLAN_NAMES) as (keyof Plan)[]).map((name) => [
      PLAN_NAMES[name],
      ...Object.values(PLANS).map((plan) => (name === "bodyBytes" ? bytes(plan[name]) : number(plan[name]))),
    ]),
  costs: (): Row[] => (Object.keys(COST) as WorkKind[]).map((kind) => [WORK_NAMES[kind], number(COST[kind])]),
};

/** The lines between `<!-- table: name -->` and the next empty line. */
const tableIn = (name: string): RegExp =>
  new RegExp(`(<!-- table: ${name} -->\\n\\|.*\\|\\n\\|.*\\|\\n)((?:\\|.*\\|\\n)*)`);

describe.each([
  ["docs/errors.md", "errors"],
  ["docs/limits.md", "limits"],
  ["docs/limits.md", "plans"],
  ["docs/limits.md", "costs"],
] as const)("%s: the table of %s", (file, name) => {
  it("says what the code says", async () => {
    const path = join(ROOT, file);
    const text = await readFile(path, "utf8");
    const [, head = "", body] = tableIn(name).exec(text) ?? [];
    const wanted = rows[name]()
      .map((row) => `| ${row.join(" | ")} |\n`)
      .join("");
    if (process.env.DOCS === "write")
      await writeFile(
        path,
        text.replace(tableIn(name), () => head + wanted),
      );
    else expect(body).toBe(wanted);
  });
});
