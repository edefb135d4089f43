/** A list of any length as calls of the size that the API takes: split, several of them under way, put together in order. */
import { batchesOf, type Load, mapInOrder, sendInHalves } from "./batches.ts";
import { ApiError, apiError } from "./errors.ts";
import type { WireInput } from "./inputs.ts";
import { shiftPlaces } from "./places.ts";
import type { CallOptions } from "./transport.ts";
import type { TokenUsage } from "./types.ts";

export interface BatchOptions extends CallOptions {
  /** Calls under way at a time; 4 unless said. */
  readonly concurrency?: number;
}

export const CONCURRENCY = 4;

interface Split<T, W, R> {
  /** The field of the request that holds the list. */
  readonly field: string;
  readonly list: Iterable<T> | AsyncIterable<T>;
  toWire(one: T): W | Promise<W>;
  loadOf(wire: W): Load;
  call(part: readonly W[], options: CallOptions): Promise<R>;
}

export interface Part<R> {
  /** Place of its first element in the whole list. */
  readonly from: number;
  readonly answer: R;
}

/** @throws ApiError whose `param` counts in the whole list. */
export async function inCalls<T, W, R>(
  { field, list, toWire, loadOf, call }: Split<T, W, R>,
  { concurrency = CONCURRENCY, ...options }: BatchOptions = {},
): Promise<readonly Part<R>[]> {
  async function* wires(): AsyncGenerator<{ readonly index: number; readonly wire: W }> {
    let index = 0;
    for await (const one of list) yield { index: index++, wire: await toWire(one) };
  }
  const batches = batchesOf(wires(), ({ wire }) => loadOf(wire));
  const answers = mapInOrder(batches, concurrency, options.signal, (batch, signal) =>
    sendInHalves(batch, async (part): Promise<Part<R>> => {
      const from = part[0]?.index ?? 0;
      const wiresOfPart = part.map(({ wire }) => wire);
      try {
        return { from, answer: await call(wiresOfPart, { ...options, signal }) };
      } catch (error) {
        throw inWholeList(error, field, from);
      }
    }),
  );
  const parts: Part<R>[] = [];
  for await (const some of answers) parts.push(...some);
  return parts;
}

export const loadOf = (input: WireInput): Load =>
  "text" in input
    ? { texts: 1, images: 0, bytes: 3 * input.text.length }
    : { texts: 0, images: 1, bytes: input.image.length };

export function totalUsage(answers: readonly { readonly usage: TokenUsage }[]): TokenUsage {
  const sum = (of: keyof TokenUsage): number => answers.reduce((total, { usage }) => total + usage[of], 0);
  return { prompt_tokens: sum("prompt_tokens"), total_tokens: sum("total_tokens"), images: sum("images") };
}

function inWholeList(error: unknown, field: string, from: number): unknown {
  if (from === 0 || !(error instanceof ApiError) || error.param === null) return error;
  const { status, code, requestId, retryAfterMs } = error;
  const [message, param] = [error.message, error.param].map((text) => shiftPlaces(text, field, from));
  return apiError({ status, code, requestId, retryAfterMs, message: message ?? "", param: param ?? null });
}
