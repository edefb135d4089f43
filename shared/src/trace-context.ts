/** W3C Trace Context (https://www.w3.org/TR/trace-context/): one id for everything that a request causes, in all logs. */
import { toHex } from "./digest.ts";

export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** Two hex digits; the last bit says that somebody records this trace. */
  readonly flags: string;
}

/** Later versions may append fields, which are ignored (§4.3 of the recommendation); version ff is forbidden. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?$/;
const UNSAMPLED = "00";

/** @returns undefined if the header is missing or invalid. */
export function parseTraceparent(header: string | null | undefined): TraceContext | undefined {
  const [, version, traceId, flags, more] = TRACEPARENT.exec(header ?? "") ?? [];
  if (traceId === undefined || flags === undefined || (version === "00" && more !== undefined)) return undefined;
  return { traceId, flags };
}

/** @returns the caller's trace if it is valid, else a new one. */
export const traceFrom = (header: string | null | undefined): TraceContext =>
  parseTraceparent(header) ?? { traceId: randomId(16), flags: UNSAMPLED };

/** The header of an outgoing call, which is a new parent to whatever the callee does. */
export const traceparent = ({ traceId, flags }: TraceContext): string => `00-${traceId}-${randomId(8)}-${flags}`;

/** Never all zeros, which would be invalid: 2⁻⁶⁴ is no chance. */
const randomId = (bytes: number): string => toHex(crypto.getRandomValues(new Uint8Array(bytes)));
