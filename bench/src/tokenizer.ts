/** A `tokenizer.json` of CLIP's kind without merges: one token for each byte, and the special ids where CLIP has them. */
import { byteAlphabet } from "@sightline/shared/testing/byte-alphabet";

/** @param vocabulary rows of the embedding table; the last two are start and end of text. */
export function byteTokenizer(vocabulary: number): unknown {
  const bytes = byteAlphabet();
  const start = { content: "<|startoftext|>", id: vocabulary - 2 };
  const end = { content: "<|endoftext|>", id: vocabulary - 1 };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [
      { ...start, ...flags },
      { ...end, ...flags },
    ],
    normalizer: { type: "Lowercase" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: "\\p{L}+|\\p{N}|[^\\s\\p{L}\\p{N}]+" }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      cls: [start.content, start.id],
      sep: [end.content, end.id],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: null,
    model: {
      type: "BPE",
      unk_token: end.content,
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      vocab: Object.fromEntries([
        ...[...bytes, ...bytes.map((byte) => `${byte}</w>`)].map((token, id) => [token, id]),
        [start.content, start.id],
        [end.content, end.id],
      ]),
      merges: [],
    },
  };
}
