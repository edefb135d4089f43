/** Text → the token ids that a CLIP text tower reads. */
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";
import type { ClipManifest } from "../manifest.ts";
import { cleanText } from "./clean-text.ts";
import { withOpenClipRules } from "./open-clip-rules.ts";

type Cleaning = ClipManifest["text"]["clean"];

/** Texts that between them make a tokenizer use its special tokens, its unknown token and its byte fall-back. */
const PROBES = ["", "a", "\0", "\u{10FFFF}\u{1F34E}", "漢字 é\u0301 ß"];

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

/**
 * @param json the text of a Hugging Face `tokenizer.json`. Its own `truncation` and `padding` are ignored: the context
 *   length is the manifest's, and a row is padded to its batch.
 * @throws Error if it is not one, or if it gives tokens that its vocabulary lacks.
 */
export function loadTokenizer(json: string, contextLength: number, cleaning: Cleaning): TextTokenizer {
  const [clean, adapt] = CLEANINGS[cleaning];
  const tokenizer = new Tokenizer(adapt(z.looseObject({}).parse(JSON.parse(json))), {});
  const idsOf = (text: string): readonly (number | undefined)[] => tokenizer.encode(clean(text)).ids;

  for (const probe of PROBES)
    if (!idsOf(probe).every(Number.isInteger))
      throw new Error(`the tokenizer's vocabulary lacks a token of ${JSON.stringify(probe)}`);
  if (idsOf("").length < 2) throw new Error("it puts no start and end token around a text");

  return {
    encode(text) {
      // The library gives undefined for what is not in the vocabulary; the reference implementation gives nothing.
      const ids = Int32Array.from(idsOf(text).filter((id) => id !== undefined));
      if (ids.length <= contextLength) return { ids, truncated: false };
      // As open_clip does: the last place is the end-of-text token's, at which the tower reads its answer.
      const cut = ids.slice(0, contextLength);
      cut.set(ids.subarray(-1), contextLength - 1);
      return { ids: cut, truncated: true };
    },
    maxId: [...tokenizer.get_vocab().values()].reduce((max, id) => Math.max(max, id), 0),
  };
}
