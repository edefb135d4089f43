import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ByteString, fromBytes } from "../reply.ts";
import { globToRegExp } from "./glob.ts";

const matches = (pattern: string, text: string): boolean => globToRegExp(pattern as ByteString).test(text);
const byteString = fc.uint8Array({ maxLength: 12 }).map(fromBytes);

describe("glob patterns", () => {
  it.each([
    ["*", "", true],
    ["*", "a\nb", true],
    ["a*c", "abbc", true],
    ["a*c", "abb", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["[a-c]x", "bx", true],
    ["[c-a]x", "bx", true],
    ["[^a-c]x", "bx", false],
    ["[^a-c]x", "dx", true],
    ["[a\\]]x", "]x", true],
    ["[\\^a]x", "^x", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["a.c", "abc", false],
    ["(a|b)$", "(a|b)$", true],
  ])("%s on %j: %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it("takes any bytes literally when each is escaped", () => {
    const property = fc.property(byteString, byteString, (wanted, other) => {
      const pattern = wanted.replace(/./gs, "\\$&");
      expect(matches(pattern, wanted)).toBe(true);
      expect(matches(pattern, other)).toBe(wanted === other);
    });
    fc.assert(property);
  });

  it("accepts any bytes as a pattern", () => {
    fc.assert(fc.property(byteString, byteString, (pattern, text) => void matches(pattern, text)));
  });
});
