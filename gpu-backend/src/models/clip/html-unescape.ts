/** Character references of HTML, as Python's `html.unescape` and as ftfy's stricter `unescape_html` resolve them. */
import table from "./html-entities.json" with { type: "json" };

/** Names as HTML lists them: with their semicolon, and 106 old ones without it too. `&` is not part of a name. */
const ENTITIES: ReadonlyMap<string, string> = new Map(Object.entries(table));

/** What Windows has at the places of the C1 controls U+0080–U+009F; five stay controls. */
const WINDOWS_1252 = new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i));

/** @param code of a C1 control. @returns the character that was meant by it, as browsers take it. */
export const fromC1 = (code: number): string => WINDOWS_1252.charAt(code - 0x80);

/** No character at all: controls, noncharacters. Source: HTML, "numeric character reference end state", as Python has it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const INVALID = /[\x01-\x08\v\x0e-\x1f\x7f-\x9f\p{Noncharacter_Code_Point}]/u;
const REFERENCE = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu;
const STRICT_REFERENCE = /&#?[0-9A-Za-z]{1,24};/g;

/** All references, also those without a semicolon and those that only begin with a known name (`&notit` → `¬it`). */
export function unescapeHtml(text: string): string {
  return text.replace(REFERENCE, (whole, body: string) => {
    if (body.startsWith("#")) return numbered(body);
    const known = ENTITIES.get(body);
    if (known !== undefined) return known;
    for (let length = body.length - 1; length > 1; length--) {
      const prefix = ENTITIES.get(body.slice(0, length));
      if (prefix !== undefined) return prefix + body.slice(length);
    }
    return whole;
  });
}

/** Only references that end in a semicolon, and names in capitals where HTML knows none such (`&EACUTE;` → `É`). */
export function unescapeHtmlStrictly(text: string): string {
  return text.replace(STRICT_REFERENCE, (whole) => {
    const name = whole.slice(1);
    if (!name.startsWith("#")) return ENTITIES.get(name) ?? inCapitals(name) ?? whole;
    const character = unescapeHtml(whole);
    return character.includes(";") ? whole : character;
  });
}

/** @param body `#…` or `#x…`, with or without a semicolon. */
function numbered(body: string): string {
  const hexadecimal = /^#x/i.test(body);
  const code = Number.parseInt(body.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
  if (code >= 0x80 && code <= 0x9f) return fromC1(code);
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return "\uFFFD";
  const character = String.fromCodePoint(code);
  return INVALID.test(character) ? "" : character;
}

/** Not for names of which a part means something already: `&AMPX;` is `&X;` to HTML. */
function inCapitals(name: string): string | undefined {
  if (name !== name.toUpperCase() || unescapeHtml(`&${name}`) !== `&${name}`) return undefined;
  return ENTITIES.get(name.toLowerCase())?.toUpperCase();
}
