/** What a model has to answer before it is served: one pair, the longest prompt, the largest batch, and the highest ids. */
import type { Probe } from "../engine.ts";
import type { OfaManifest } from "../manifest.ts";
import { LONG_PROMPT, rowOf } from "./rows.ts";
import type { StatementTokenizer } from "./tokenizer.ts";

export function warmUp(manifest: OfaManifest, maxBatch: number, tokenizer: StatementTokenizer): readonly Probe[] {
  const { size } = manifest.image;
  const { context_length: contextLength, begin_id: begin, pad_id: padId, end_id: end } = manifest.text;
  const { maxId } = tokenizer;
  const black = new Uint8Array(size * size * 3);
  const ramp = black.map((_, i) => i);
  const filled = (tokens: number) => Int32Array.from([begin, ...Array<number>(tokens - 2).fill(maxId), end]);
  const short = tokenizer.encode({ hypothesis: "a" }).ids;
  const longest = Math.min(contextLength, LONG_PROMPT);
  return [
    { what: "one pair", rows: [rowOf(ramp, short)] },
    // A tokenizer of another model would ask the embedding table for a row that it lacks, and take down with it every pair
    // of the batch: better to find that out now, with the highest id there is.
    { what: `the tokenizer's highest id, ${maxId}`, rows: [rowOf(ramp, filled(3))] },
    { what: `the padding, ${padId}`, rows: [rowOf(ramp, filled(3)), rowOf(black, filled(4))] },
    { what: `a prompt of ${contextLength} tokens`, rows: [rowOf(ramp, filled(contextLength))] },
    {
      what: `${maxBatch} pairs of ${longest} tokens`,
      rows: Array.from({ length: maxBatch }, (_, i) => rowOf(i % 2 ? black : ramp, filled(longest))),
    },
  ];
}
