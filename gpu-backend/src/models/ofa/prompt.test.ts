import type { ApiError } from "@sightline/shared/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { promptOf, type Statement } from "./prompt.ts";

const rules = {
  prompts: { without_caption: " is it {hypothesis}?", with_caption: " given {caption}, is it {hypothesis}?" },
  text: { max_words: 4 },
} as Parameters<typeof promptOf>[1];
const prompt = (hypothesis: string, caption?: string) => promptOf({ hypothesis, caption }, rules).text;

describe("a prompt", () => {
  it("keeps the space in front, and puts both texts in their places", () => {
    expect(prompt("a dog")).toBe(" is it a dog?");
    expect(prompt("a dog", "a park")).toBe(" given a park, is it a dog?");
  });

  it.each([
    ["A DOG", "a dog"],
    ["...,!?*#:;~a dog.", "a dog."],
    ["half-open and/or", "half open and or"],
    ["<PERSON> waves", "person waves"],
    [" a \t\n dog \n", "a dog"],
    ["a\tdog", "a\tdog"],
    ["狗在草地上。", "狗在草地上。"],
    ["a\uD800b", "a\uFFFDb"],
  ])("is asked of %j as %j", (text, cleaned) => {
    expect(prompt(text)).toBe(` is it ${cleaned}?`);
  });

  it("fills its places at once: what a text says of them is text", () => {
    expect(prompt("{caption} {hypothesis}", "$& {hypothesis}")).toBe(
      " given $& {hypothesis}, is it {caption} {hypothesis}?",
    );
  });

  it("keeps so many words, and tells that there were more", () => {
    expect(promptOf({ hypothesis: "a b c d" }, rules)).toEqual({ text: " is it a b c d?", truncated: false });
    expect(promptOf({ hypothesis: "a b c d e" }, rules)).toEqual({ text: " is it a b c d?", truncated: true });
    expect(promptOf({ hypothesis: "a", caption: "a b c d e" }, rules).truncated).toBe(true);
  });

  it.each<[string, Statement]>([
    ["hypothesis", { hypothesis: "?!" }],
    ["hypothesis", { hypothesis: " - ", caption: "a" }],
    ["caption", { hypothesis: "a", caption: "***" }],
  ])("is not made of a %s without words", (param, statement) => {
    expect(() => promptOf(statement, rules)).toThrow(expect.objectContaining({ code: "empty_input", param }));
  });

  it("is made of any text that has words, in time that grows with its length", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.constantFrom(" ", "\n", "-", "!").map((c) => c.repeat(8000)),
    );
    fc.assert(
      fc.property(text, text, (hypothesis, caption) => {
        try {
          expect(prompt(hypothesis, caption)).toMatch(/^ given /);
        } catch (error) {
          expect((error as ApiError).code).toBe("empty_input");
        }
      }),
    );
  });
});
