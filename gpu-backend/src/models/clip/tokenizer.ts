/** Text → the token ids that a CLIP text tower reads. */
import type { ClipManifest } from "../manifest.ts";
import { openTokenizer } from "../tokenizer-file.ts";
import { cleanText } from "./clean-text.ts";
import { withOpenClipRules } from "./open-clip-rules.ts";

type Cleaning = ClipManifest["text"]["clean"];

interface EncodedText {
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

/** @param json the text of a Hugging Face `tokenizer.json`. @throws as `openTokenizer`. */
export function loadTokenizer(json: string, contextLength: number, cleaning: Cleaning): TextTokenizer {
  const [clean, adapt] = CLEANINGS[cleaning];
  const { idsOf, maxId } = openTokenizer(json, adapt);
  return {
    encode(text) {
      const ids = idsOf(clean(text));
      if (ids.length <= contextLength) return { ids, truncated: false };
      // As open_clip does: the last place is the end-of-text token's, at which the tower reads its answer.
      const cut = ids.slice(0, contextLength);
      cut.set(ids.subarray(-1), contextLength - 1);
      return { ids: cut, truncated: true };
    },
    maxId,
  };
}
