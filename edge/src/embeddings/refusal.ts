/**
 * Inputs that the backend has refused, remembered for a short time: who sends the same broken picture again and again is
 * answered here (cache penetration). Only what the bytes alone decide is remembered, under the key of these bytes for this
 * model and pre-processing, so that it can hide no later success but that of a repaired backend, for as long as it lasts.
 */
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import { z } from "zod";

const DECIDED_BY_THE_BYTES = [
  "image_invalid",
  "image_format_unsupported",
  "image_too_large",
  "image_too_many_pixels",
] as const satisfies readonly ErrorCode[];

/** Where an embedding's header says how many tokens there were: more than any text has. */
const MARK = 0xffff_ffff;
const MARK_BYTES = 4;

/** `until` is in milliseconds of the clock: a tier may keep the value for longer. */
const Refusal = z.object({ code: z.enum(DECIDED_BY_THE_BYTES), message: z.string(), until: z.number() });

export const isDecidedByTheBytes = ({ code }: ApiError): boolean =>
  DECIDED_BY_THE_BYTES.some((decided) => decided === code);

export function encodeRefusal({ code, message }: ApiError, until: number): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify({ code, message, until }));
  const value = new Uint8Array(MARK_BYTES + json.length);
  new DataView(value.buffer).setUint32(0, MARK, true);
  value.set(json, MARK_BYTES);
  return value;
}

/** @returns undefined if the value is no refusal, a damaged one, or one whose time is over. */
export function decodeRefusal(
  value: Uint8Array,
  now: number,
): { readonly error: ApiError; readonly until: number } | undefined {
  if (value.length < MARK_BYTES) return undefined;
  if (new DataView(value.buffer, value.byteOffset).getUint32(0, true) !== MARK) return undefined;
  try {
    const text = new TextDecoder().decode(value.subarray(MARK_BYTES));
    const { code, message, until } = Refusal.parse(JSON.parse(text));
    return now < until ? { error: new ApiError(code, { message }), until } : undefined;
  } catch {
    return undefined;
  }
}
