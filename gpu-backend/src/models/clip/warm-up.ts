/** What each tower has to answer before it is served: one row, the largest batch, and what is most likely not to fit. */

import type { Probe } from "../engine.ts";
import type { ClipManifest } from "../manifest.ts";
import type { TextTokenizer } from "./tokenizer.ts";

export function imageWarmUp({ image: { size } }: ClipManifest, maxBatch: number): readonly Probe[] {
  const bytes = size * size * 3;
  const black = new Uint8Array(bytes);
  const ramp = Uint8Array.from({ length: bytes }, (_, i) => i);
  return [
    { what: "one image", rows: [ramp] },
    { what: `${maxBatch} images`, rows: Array.from({ length: maxBatch }, (_, i) => (i % 2 ? black : ramp)) },
  ];
}

export function textWarmUp({ text }: ClipManifest, maxBatch: number, tokenizer: TextTokenizer): readonly Probe[] {
  const { context_length: contextLength, pad_id: padId } = text;
  const { maxId } = tokenizer;
  const empty = tokenizer.encode("").ids;
  const start = empty.subarray(0, -1);
  const end = empty.subarray(-1);
  const filled = (words: number) => Int32Array.from([...start, ...Array<number>(words).fill(maxId), ...end]);
  const longest = filled(contextLength - empty.length);
  return [
    { what: "one text", rows: [tokenizer.encode("a").ids] },
    // A tokenizer of another model would ask the embedding table for a row that it lacks, and take down with it every
    // text of the batch: better to find that out now, with the highest id there is.
    { what: `the tokenizer's highest id, ${maxId}, and the padding, ${padId}`, rows: [filled(1), empty] },
    { what: `${maxBatch} texts of ${contextLength} tokens`, rows: Array<Int32Array>(maxBatch).fill(longest) },
  ];
}
