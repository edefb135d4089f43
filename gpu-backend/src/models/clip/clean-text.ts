/** What open_clip does to a text before byte-pair encoding (`clean="lower"`), so that a model sees what it was trained on. */
import { PYTHON_SPACE } from "../white-space.ts";
import { fixText } from "./fix-text.ts";
import { unescapeHtml } from "./html-unescape.ts";

const SPACES = new RegExp(`${PYTHON_SPACE}+`, "g");

/**
 * Total. Differs from open_clip where ftfy finds mojibake and repairs it (see fix-text.ts), and where Python's Unicode is of
 * another version than V8's.
 * @returns well-formed, in lower case, words parted by single spaces.
 */
export function cleanText(text: string): string {
  const unescaped = unescapeHtml(unescapeHtml(fixText(text)));
  return unescaped.replace(SPACES, " ").replace(/^ | $/g, "").toLowerCase();
}
