import { describe, expect, it } from "vitest";
import { unescapeHtml, unescapeHtmlStrictly } from "./html-unescape.ts";

describe("unescapeHtml", () => {
  it.each([
    ["&eacute;&Eacute;&amp&notit;", "éÉ&¬it;"],
    ["&#233;&#xE9;&#233x", "éééx"],
    ["&#x80;&#x81;&#150;", "€\x81–"],
    ["&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"],
    ["a&#1;&#xB;&#xFFFE;&#x1FFFF;b", "ab"],
    ["&unknown; & &; &# &#x; &constructor;", "&unknown; & &; &# &#x; &constructor;"],
    ["&NotEqualTilde;&fjlig;", "\u2242\u0338fj"],
  ])("makes %j %j", (text, plain) => {
    expect(unescapeHtml(text)).toBe(plain);
  });
});

describe("unescapeHtmlStrictly", () => {
  it.each([
    ["this&not that &amp x", "this&not that &amp x"],
    ["P&EACUTE;REZ STRA&SZLIG;E", "PÉREZ STRASSE"],
    ["&nTILDE; &AMPX;", "&nTILDE; &AMPX;"],
    ["&#59; &#x3b; &#65;", "&#59; &#x3b; A"],
  ])("makes %j %j", (text, plain) => {
    expect(unescapeHtmlStrictly(text)).toBe(plain);
  });
});
