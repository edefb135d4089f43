/** A Hugging Face `tokenizer.json` that has shown that it can be given any text. */
import { Tokenizer } from "@huggingface/tokenizers";
import { z } from "zod";

/** Texts that between them make a tokenizer use its special tokens, its unknown token and its byte fall-back. */
const PROBES = ["", "a", "\0", "\u{10FFFF}\u{1F34E}", "漢字 é\u0301 ß"];

export interface OpenedTokenizer {
  /** Special tokens included, whatever the length: the file's own `truncation` and `padding` are ignored. */
  idsOf(text: string): Int32Array;
  /** The highest id that `idsOf` can give. */
  readonly maxId: number;
}

const Definition = z.looseObject({});

/**
 * @param json the text of the file. @param adapt what is changed in it first.
 * @throws Error if it is no tokenizer, gives tokens that its vocabulary lacks, or adds no special tokens.
 */
export function openTokenizer(json: string, adapt: (definition: object) => object = (d) => d): OpenedTokenizer {
  const tokenizer = new Tokenizer(adapt(Definition.parse(JSON.parse(json))), {});
  const idsOf = (text: string): readonly (number | undefined)[] => tokenizer.encode(text).ids;

  for (const probe of PROBES)
    if (!idsOf(probe).every(Number.isInteger))
      throw new Error(`the tokenizer's vocabulary lacks a token of ${JSON.stringify(probe)}`);
  if (idsOf("").length < 2) throw new Error("it puts no start and end token around a text");
  return {
    // The library gives undefined for what is not in the vocabulary; the reference implementation gives nothing.
    idsOf: (text) => Int32Array.from(idsOf(text).filter((id) => id !== undefined)),
    maxId: [...tokenizer.get_vocab().values()].reduce((max, id) => Math.max(max, id), 0),
  };
}
