import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { structureOf } from "./body-structure.ts";

/** The same, of the value that is written. */
function expectedOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const parts = Object.values(value);
  return 1 + Math.max(0, parts.length - 1) + parts.reduce((sum: number, part) => sum + expectedOf(part), 0);
}

describe("the structure of a JSON text", () => {
  it("is its value's, whatever texts and names hold", () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab,[{"\\]}:苹') });
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof({ depthSize: "small" }, text, fc.integer(), tie("list"), tie("object")),
      list: fc.array(tie("json"), { maxLength: 4 }),
      object: fc.dictionary(text, tie("json"), { maxKeys: 4, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1), (value, indent) => {
        const written = JSON.stringify(value, null, indent);
        const expected = expectedOf(value);
        for (const enough of [0, 2, 1000]) expect(structureOf(written, enough)).toBe(Math.min(expected, enough));
      }),
    );
  });

  it.each(["", '"', '"\\', '{"a,', '["\\",', "]]"])("is looked for to the end of %j, which is no JSON", (text) => {
    expect(structureOf(text, 9)).toBe(/^[[{]/.test(text) ? 1 : 0);
  });
});
