/**
 * How much is in a JSON text, told before anything is made of it: `{},` is three bytes on the wire and some forty in memory, so that
 * a body of allowed length could hold more than an isolate may. Counted are `,`, `[` and `{`: of values there are one more at most.
 * Texts are jumped over, so that no picture is looked through.
 */
const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * @param json need not be valid.
 * @returns no more than `enough`, where it stops.
 */
export function structureOf(json: string, enough: number): number {
  let count = 0;
  for (let i = 0; i < json.length && count < enough; i++) {
    const character = json.charCodeAt(i);
    if (character === QUOTE) i = endOfText(json, i);
    else if (character === COMMA || character === BRACKET || character === BRACE) count++;
  }
  return count;
}

/** @returns where the closing quote stands: the next one that no backslash escapes. */
function endOfText(json: string, start: number): number {
  for (let from = start + 1; ; ) {
    const quote = json.indexOf('"', from);
    if (quote < 0) return json.length;
    let escapes = 0;
    while (json[quote - 1 - escapes] === "\\") escapes++;
    if (escapes % 2 === 0) return quote;
    from = quote + 1;
  }
}
