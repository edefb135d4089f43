import { describe, expect, it } from "vitest";
import { initialLanguage } from "./language.ts";

const chosen = (value: string | null) => ({ getItem: () => value });

describe("initialLanguage", () => {
  it.each([
    [null, ["zh-CN", "en"], "zh"],
    [null, ["zh-Hant-TW"], "zh"],
    [null, ["de-DE", "en-GB", "zh"], "en"],
    [null, ["de"], "en"],
    [null, [], "en"],
    ["en", ["zh-CN"], "en"],
    ["zh", ["en"], "zh"],
    ["tlh", ["zh"], "zh"],
  ] as const)("with %j chosen before and a browser of %j is %s", (value, preferred, language) => {
    expect(initialLanguage(chosen(value), preferred)).toBe(language);
  });
});
