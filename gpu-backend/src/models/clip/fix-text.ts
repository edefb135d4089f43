/**
 * ftfy's `fix_text` with its default settings, which CLIP's texts went through in training. Its repair of mojibake (UTF-8
 * that was read as another encoding, `fix_encoding`) is left out: it rests on some 600 lines of hand-tuned tables, and a
 * damaged caption is no likely query. Source of the steps and their order: ftfy 6.3, documentation and behaviour.
 */
import { fromC1, unescapeHtmlStrictly } from "./html-unescape.ts";

/** ftfy repeats its steps until nothing changes. A text that needs more passes than this was written to cost time. */
const MOST_PASSES = 32;

const C1_CONTROLS = /[\x80-\x9f]/g;
/** Latin ligatures and digraphs: compatibility normalisation takes them apart, all but the long s of `ſt` rightly. */
const LATIN_LIGATURES = /[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb06]/g;
const OTHER_WIDTHS = /[\u3000\uff01-\uffef]/g;
const DOUBLE_QUOTES = /[\u201c-\u201f]/g;
const SINGLE_QUOTES = /[\u02bc\u2018-\u201b]/g;
const LINE_BREAKS = /\r\n|[\r\u0085\u2028\u2029]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const TERMINAL_ESCAPES = /\x1b\[[\d;]*[a-zA-Z]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
const CONTROLS = /[\0-\x08\v\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;

const decompose = (character: string): string => character.normalize("NFKC");

/** In ftfy's order. */
const STEPS: readonly ((text: string) => string)[] = [
  (text) => text.replace(C1_CONTROLS, (control) => fromC1(control.charCodeAt(0))),
  (text) => text.replace(LATIN_LIGATURES, (ligature) => (ligature === "\ufb05" ? "ſt" : decompose(ligature))),
  (text) => text.replace(OTHER_WIDTHS, decompose),
  (text) => text.replace(DOUBLE_QUOTES, '"').replace(SINGLE_QUOTES, "'"),
  (text) => text.replace(LINE_BREAKS, "\n"),
  (text) => text.toWellFormed(),
  (text) => text.replace(TERMINAL_ESCAPES, ""),
  (text) => text.replace(CONTROLS, ""),
  (text) => text.normalize("NFC"),
];

export function fixText(text: string): string {
  let references = true;
  return text
    .split(/(?<=\n)/)
    .map((line) => {
      // A "<" says that this line and those after it are HTML, whose references are meant as they stand.
      references &&= !line.includes("<");
      return fixLine(line, references);
    })
    .join("");
}

function fixLine(line: string, references: boolean): string {
  let text = line;
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const before = text;
    if (references) text = unescapeHtmlStrictly(text);
    for (const step of STEPS) text = step(text);
    if (text === before) break;
  }
  return text;
}
