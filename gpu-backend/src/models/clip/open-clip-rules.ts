/** Gives a CLIP `tokenizer.json` the rules of open_clip's own tokenizer, from which Hugging Face's differ in details. */
import { z } from "zod";

const SpecialToken = z.looseObject({ id: z.int().nonnegative() });
/** Two special tokens as CLIP has them: start and end of text, in the order of their ids. */
const ClipDefinition = z.looseObject({ added_tokens: z.tuple([SpecialToken, SpecialToken]) });

/**
 * open_clip's pattern on a cleaned text, whose only white space is the plain one (`\s` is not the same in Python and in
 * JavaScript). It ignores case, and in lower case that is left of it: the long s is an s.
 */
const WORDS = "'[sſ]|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^ \\p{L}\\p{N}]+";
/** What a text has to hold to spell a special token. */
const SPELLINGS = ["<start_of_text>", "<end_of_text>"];

/**
 * Cleaning has taken the place of the normaliser; the pattern and the special tokens' spellings are open_clip's.
 * @throws ZodError if the definition is not CLIP's.
 */
export function withOpenClipRules(definition: unknown): Record<string, unknown> {
  const clip = ClipDefinition.parse(definition);
  const ordered = clip.added_tokens.toSorted((a, b) => a.id - b.id);
  return {
    ...clip,
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: WORDS }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    added_tokens: ordered.map((token, i) => ({ ...token, content: SPELLINGS[i], normalized: false })),
  };
}
