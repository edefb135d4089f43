import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TINY_TOKENS, tinyTokenizer } from "../../testing/tiny-model.ts";
import { loadTokenizer } from "./tokenizer.ts";

const definition = tinyTokenizer();
const load = (contextLength: number, change: object = {}) =>
  loadTokenizer(JSON.stringify({ ...definition, ...change }), contextLength, "none");
const ids = (...tokens: string[]) => tokens.map((token) => definition.model.vocab[token]);

describe("loadTokenizer", () => {
  const { encode, maxId } = load(12);

  it("merges, lower-cases and adds the special tokens", () => {
    expect(encode("Cat! é")).toEqual({
      ids: Int32Array.from(ids("<start>", "ca", "t</w>", "!</w>", "Ã", "©</w>", "<end>") as number[]),
      truncated: false,
    });
  });

  it("reads a text that just fits, and cuts a longer one so that it still ends with the end-of-text token", () => {
    const fits = encode("x ".repeat(10));
    expect([fits.ids.length, fits.truncated]).toEqual([12, false]);
    const cut = encode("y ".repeat(11));
    expect([cut.ids.length, cut.truncated]).toEqual([12, true]);
    expect(cut.ids.at(0)).toBe(TINY_TOKENS.start);
    expect(cut.ids.at(-1)).toBe(TINY_TOKENS.end);
    expect([...cut.ids.subarray(1, 11)]).toEqual(Array(10).fill(definition.model.vocab["y</w>"]));
  });

  it("ignores the truncation and padding that the file asks for", () => {
    const padding = { strategy: { Fixed: 64 }, direction: "Right", pad_id: 0, pad_type_id: 0, pad_token: "<pad>" };
    expect(load(12, { padding }).encode("x x x x")).toEqual(encode("x x x x"));
    expect(encode("x x x x").ids.length).toBe(6);
  });

  it("encodes the empty text as its special tokens alone", () => {
    expect([...encode("").ids]).toEqual([TINY_TOKENS.start, TINY_TOKENS.end]);
  });

  it("takes a lone surrogate for the replacement character", () => {
    expect(encode("a\uD800b")).toEqual(encode("a\uFFFDb"));
  });

  it("gives any string ids of the vocabulary, at most as many as the context holds", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "grapheme" }),
      fc.array(fc.nat(0xffff)).map((c) => String.fromCharCode(...c)),
    );
    fc.assert(
      fc.property(text, (t) => {
        const encoded = encode(t);
        expect(encoded.ids.length).toBeLessThanOrEqual(12);
        expect(encoded.ids.every((id) => id >= 0 && id <= maxId)).toBe(true);
        expect(encoded.ids.at(-1)).toBe(TINY_TOKENS.end);
      }),
    );
  });

  it("refuses what is no tokenizer", () => {
    expect(() => loadTokenizer("{", 12, "none")).toThrow(SyntaxError);
    expect(() => loadTokenizer("[]", 12, "none")).toThrow();
    expect(() => loadTokenizer("{}", 12, "none")).toThrow();
    expect(() => load(12, { model: { type: "Telepathy" } })).toThrow();
  });

  it("refuses one whose special tokens are not in its vocabulary", () => {
    const { "<end>": _, ...vocab } = definition.model.vocab;
    const added_tokens = definition.added_tokens.filter((token) => token.content !== "<end>");
    expect(() => load(12, { added_tokens, model: { ...definition.model, unk_token: null, vocab } })).toThrow(
      "vocabulary lacks a token",
    );
  });

  it("refuses one that adds no special tokens", () => {
    expect(() => load(12, { post_processor: null })).toThrow("no start and end token");
  });
});
