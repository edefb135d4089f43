/** What open_clip does to a text before byte-pair encoding (`clean="lower"`), so that a model sees what it was trained on. */
import { fixText } from "./fix-text.ts";
import { unescapeHtml } from "./html-unescape.ts";

/** Python's `str.isspace`: unlike JavaScript's `\s` it has the separators U+001C–U+001F and not U+FEFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: separators are control characters
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g;

/**
 * Total. Differs from open_clip where ftfy finds mojibake and repairs it (see fix-text.ts), and where Python's Unicode is of
 * another version than V8's.
 * @returns well-formed, in lower case, words parted by single spaces.
 */
export function cleanText(text: string): string {
  const unescaped = unescapeHtml(unescapeHtml(fixText(text)));
  return unescaped.replace(SPACES, " ").replace(/^ | $/g, "").toLowerCase();
}
