/** Which of the traces that begin here are recorded. */

const DIGITS = 13;

/**
 * By the end of the trace id, which is random (Trace Context, level 2), as OpenTelemetry's samplers do it: everybody who decides by
 * the same ratio decides the same.
 * @param ratio 0 to 1.
 */
export function isChosen(traceId: string, ratio: number): boolean {
  const uniform = Number.parseInt(traceId.slice(-DIGITS), 16) / 16 ** DIGITS;
  return uniform >= 1 - ratio;
}
