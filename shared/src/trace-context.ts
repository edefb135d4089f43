/** W3C Trace Context (https://www.w3.org/TR/trace-context/): one id for everything that a request causes, in all logs. */

/** A place in a trace, under which something happens. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** Two hex digits; the last bit says that somebody records this trace. */
  readonly flags: string;
}

/** Later versions may append fields, which are ignored (§4.3 of the recommendation); version ff is forbidden. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const UNSAMPLED = "00";
const SAMPLED = "01";

/** @returns undefined if the header is missing or invalid. */
export function parseTraceparent(header: string | null | undefined): TraceContext | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(header ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return version === "00" && more !== undefined ? undefined : { traceId, spanId, flags };
}

/** Of which nobody knows yet. */
export const newTrace = (): TraceContext => ({ traceId: randomId(32), spanId: randomId(16), flags: UNSAMPLED });

/** @param isSampled as it was unless said. */
export const childOf = (parent: TraceContext, isSampled?: boolean): TraceContext => ({
  traceId: parent.traceId,
  spanId: randomId(16),
  flags: isSampled === undefined ? parent.flags : isSampled ? SAMPLED : UNSAMPLED,
});

export const isSampled = ({ flags }: TraceContext): boolean => (Number.parseInt(flags, 16) & 1) === 1;

/** The header of a call that is made at this place of the trace. */
export const traceparent = ({ traceId, spanId, flags }: TraceContext): string => `00-${traceId}-${spanId}-${flags}`;

/** The last digits of a UUID: cheaper than random bytes, and never all zeros, which would be invalid. */
const randomId = (digits: 16 | 32): string => crypto.randomUUID().replaceAll("-", "").slice(-digits);
