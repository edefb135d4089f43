/** The service's prompts and tokens against the export's; models/parity/prompts.py made the reference. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ApiError } from "@sightline/shared/errors";
import { tinyOfa } from "@sightline/shared/testing/tiny-ofa";
import { beforeAll, describe, expect, it } from "vitest";
import { ofaTokenizerJson } from "../../testing/ofa-tokenizer.ts";
import { OfaManifest } from "../manifest.ts";
import { loadStatementTokenizer, type StatementTokenizer } from "./tokenizer.ts";

interface Case {
  readonly hypothesis: string;
  readonly caption?: string;
  /** Null where cleaning leaves nothing of a text. */
  readonly ids: readonly number[] | null;
}

const fixture = fileURLToPath(new URL("../../../fixtures/ofa/prompts.jsonl", import.meta.url));
const cases = readFileSync(fixture, "utf8")
  .trimEnd()
  .split("\n")
  .map((line): Case => JSON.parse(line));

describe("a statement becomes the tokens that the export makes of it", () => {
  let tokenizer: StatementTokenizer;
  beforeAll(async () => {
    const manifest = OfaManifest.parse(
      JSON.parse(Buffer.from((await tinyOfa("ofa")).get("manifest.json")!).toString()),
    );
    const text = { ...manifest.text, context_length: 8192 };
    tokenizer = loadStatementTokenizer(await ofaTokenizerJson(), { ...manifest, text });
  });

  const encoded = (statement: Case): readonly number[] | null => {
    try {
      return [...tokenizer.encode(statement).ids];
    } catch (error) {
      expect((error as ApiError).code).toBe("empty_input");
      return null;
    }
  };

  it("on enough of them, with and without a caption, of which some have no words", () => {
    expect(cases.length).toBeGreaterThanOrEqual(800);
    expect(cases.filter(({ caption }) => caption !== undefined).length).toBeGreaterThanOrEqual(250);
    expect(cases.filter(({ ids }) => ids === null).length).toBeGreaterThanOrEqual(10);
  });

  it("of every script, but for a byte-order mark, which is white space in JavaScript's regular expressions alone", () => {
    const marked = cases.filter(({ hypothesis, caption }) => `${hypothesis}${caption}`.includes("\uFEFF"));
    expect(marked.length).toBeLessThan(10);
    for (const statement of cases)
      if (!marked.includes(statement))
        expect.soft(encoded(statement), JSON.stringify(statement)).toEqual(statement.ids);
  });

  it("and its answers are OFA's", () => {
    const ids = (answer: string) => [...tokenizer.encode({ hypothesis: answer }).ids];
    expect([ids("yes"), ids("no"), ids("maybe")].map((found) => found[6])).toEqual([4420, 117, 2085]);
  });
});
