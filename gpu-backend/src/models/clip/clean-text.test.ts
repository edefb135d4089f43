import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanText } from "./clean-text.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom("&", "amp", "#", "x41", "38", ";", "<", "\n", "\r", "é", "e\u0301", "\x1b[", "m", " ", "\ud83d"),
    )
    .map((parts) => parts.join("")),
);

describe("cleanText", () => {
  it.each([
    ["  Two\t\u00a0words\n", "two words"],
    ["&lt;b&gt; AT&amp;amp;T", "<b> at&t"],
    ["Caf\u00c9 cafe\u0301", "café café"],
    ["\u201cquoted\u201d it\u2019s", '"quoted" it\'s'],
    ["ＦＵＬＬ　ｗｉｄｔｈ ﾊﾟ", "full width パ"],
    ["ﬁne ﬅ", "fine ſt"],
    ["\x1b[1;31mred\x1b[0m\x07", "red"],
    ["\x93C1\x94 \x85", '"c1" …'],
    ["\ud83d \ud83d\udca9", "\ufffd 💩"],
    ["ΟΔΥΣΣΕΥΣ İ", "οδυσσευς i̇"],
  ])("makes %j %j", (text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  it("gives any string one well-formed, trimmed line of lower case", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const clean = cleanText(text);
        expect(clean.isWellFormed()).toBe(true);
        expect(clean).toBe(clean.toLowerCase());
        expect(clean).not.toMatch(/^ | {2}|[\n\t\u00a0]| $/);
      }),
      { numRuns: 500 },
    );
  });

  it("changes nothing more the second time, where no reference is left to resolve", () => {
    const plain = anyText.map((text) => text.replaceAll("&", "").replaceAll("＆", ""));
    fc.assert(
      fc.property(plain, (text) => {
        const clean = cleanText(text);
        expect(cleanText(clean)).toBe(clean);
      }),
      { numRuns: 500 },
    );
  });

  it("is done soon with a text of references that unfold one after the other", () => {
    const deep = (levels: number): string => (levels === 0 ? "p" : `&am${deep(levels - 1)};#112;`);
    expect(cleanText(deep(4))).toBe("p");
    // Without a bound the passes grow with the text, and the work with its square.
    expect(cleanText(deep(800))).toMatch(/;#112;$/);
  });
});
