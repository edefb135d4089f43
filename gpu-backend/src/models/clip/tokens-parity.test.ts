/** The service's tokens against open_clip's own; models/parity/tokens.py made the reference. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { clipTokenizerJson } from "../../testing/clip-tokenizer.ts";
import { openTokenizer } from "../tokenizer-file.ts";
import { cleanText } from "./clean-text.ts";
import { withOpenClipRules } from "./open-clip-rules.ts";
import { loadTokenizer, type TextTokenizer } from "./tokenizer.ts";

interface Case {
  readonly group: string;
  readonly text: string;
  readonly clean: string;
  readonly ids: readonly number[];
  /** ftfy took it for mojibake and repaired it, which the service does not. */
  readonly repaired?: true;
}

const fixture = fileURLToPath(new URL("../../../fixtures/tokens/open_clip.jsonl", import.meta.url));
const cases = readFileSync(fixture, "utf8")
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((line): Case => JSON.parse(line));
const groups = Map.groupBy(
  cases.filter((c) => !c.repaired),
  (c) => c.group,
);

describe("a text becomes the tokens that open_clip makes of it", () => {
  let tokenizer: TextTokenizer;
  beforeAll(async () => {
    tokenizer = loadTokenizer(await clipTokenizerJson(), 77, "open_clip");
  });

  it("on enough of them", () => {
    expect([...groups.values()].flat().length).toBeGreaterThanOrEqual(700);
  });

  it.each([...groups])("of the group %s", (_, members) => {
    for (const { text, clean, ids } of members) {
      expect.soft(cleanText(text), JSON.stringify(text)).toBe(clean);
      expect.soft([...tokenizer.encode(text).ids], JSON.stringify(text)).toEqual(ids);
    }
  });

  it("also of a text far longer than the model reads, of which only the first words are looked at", async () => {
    const { idsOf } = openTokenizer(await clipTokenizerJson(), withOpenClipRules);
    for (let from = 0; from < cases.length; from += 20) {
      for (const separator of [" ", ""]) {
        const text = cases
          .slice(from, from + 60)
          .map((c) => c.text)
          .join(separator);
        const whole = idsOf(cleanText(text));
        expect(whole.length).toBeGreaterThan(77);
        const { ids, truncated } = tokenizer.encode(text);
        expect([...ids, truncated]).toEqual([...whole.subarray(0, 76), whole.at(-1), true]);
      }
    }
  });

  it("but for mojibake, which is left as it is: these and no others differ", () => {
    const differing = cases.filter(({ text, clean }) => cleanText(text) !== clean);
    expect(differing).toEqual(cases.filter((c) => c.repaired));
    expect(new Set(differing.map((c) => c.group))).toEqual(new Set(["mojibake", "random"]));
  });
});
