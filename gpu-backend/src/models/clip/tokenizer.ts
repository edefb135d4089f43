/** Text → the token ids that a CLIP text tower reads. */
import type { ClipManifest } from "../manifest.ts";
import { openTokenizer } from "../tokenizer-file.ts";
import { cleanText } from "./clean-text.ts";
import { withOpenClipRules } from "./open-clip-rules.ts";

type Cleaning = ClipManifest["text"]["clean"];

export interface EncodedText {
  /** At most `contextLength`, special tokens included. */
  readonly ids: Int32Array;
  /** The text had more tokens than the model can read; the rest was cut off. */
  readonly truncated: boolean;
}

export interface TextTokenizer {
  /** Total: any string has an encoding. */
  encode(text: string): EncodedText;
  /** The highest id that `encode` can give. */
  readonly maxId: number;
}

/** What is done to a text first, and to the file's own rules. */
const CLEANINGS: Readonly<Record<Cleaning, readonly [(text: string) => string, (definition: object) => object]>> = {
  // A lone surrogate has no UTF-8: it becomes U+FFFD here, not whatever each tokenizer makes of it.
  none: [(text) => text.toWellFormed(), (definition) => definition],
  open_clip: [cleanText, withOpenClipRules],
};

/**
 * No word of open_clip's reaches over a space, so the tokens of the first words are what they are without the rest.
 * @returns the first words of a cleaned text, parted by spaces: of a long one far less work, and more than a model reads.
 */
function firstWords(text: string, count: number): string {
  let end = -1;
  for (let words = 0; words < count; words++) {
    end = text.indexOf(" ", end + 1);
    if (end < 0) return text;
  }
  return text.slice(0, end);
}

/** @param json the text of a Hugging Face `tokenizer.json`. @throws as `openTokenizer`. */
export function loadTokenizer(json: string, contextLength: number, cleaning: Cleaning): TextTokenizer {
  const [clean, adapt] = CLEANINGS[cleaning];
  const { idsOf, maxId } = openTokenizer(json, adapt);
  return {
    encode(text) {
      const whole = clean(text);
      const start = cleaning === "open_clip" ? firstWords(whole, contextLength) : whole;
      let ids = idsOf(start);
      // A word is a token at least, unless the vocabulary lacks it.
      if (ids.length <= contextLength && start.length < whole.length) ids = idsOf(whole);
      if (ids.length <= contextLength) return { ids, truncated: false };
      // As open_clip does: the last place is the end-of-text token's, at which the tower reads its answer.
      const cut = ids.slice(0, contextLength);
      cut.set(ids.subarray(-1), contextLength - 1);
      return { ids: cut, truncated: true };
    },
    maxId,
  };
}
