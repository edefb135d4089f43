/** The built-in model's tokens against those of the library that it was trained with; models/parity/wordpiece.py made the reference. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openTokenizer } from "./tokenizer-file.ts";

interface Case {
  readonly group: string;
  readonly text: string;
  readonly ids: readonly number[];
}

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");
const json = read("../../../models/emoji-dual/tokenizer.json");
const [about, ...lines] = read("../../fixtures/tokens/wordpiece.jsonl").trimEnd().split("\n");
const cases = lines.map((line): Case => JSON.parse(line));

describe("a text becomes the tokens that the built-in model was trained with", () => {
  it("by the file that the reference was made of", () => {
    expect(JSON.parse(about ?? "").sha256).toBe(createHash("sha256").update(json).digest("hex"));
  });

  it("on all strings but three of random signs from rare scripts", () => {
    const { idsOf } = openTokenizer(json);
    const differing = cases.filter(({ text, ids }) => `${idsOf(text.toWellFormed())}` !== `${ids}`);
    expect(cases.length).toBeGreaterThan(800);
    expect(differing.map(({ group }) => group)).toEqual(["random", "random", "random"]);
  });
});
