/**
 * What the reference shows of an operation: requests that can be sent as they stand, and the answer to the first of them.
 * `examples.test.ts` holds them to the schemas, `dev/src/e2e/reference.e2e.test.ts` sends them to a stack that runs.
 */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** By a few words about what is different. */
  readonly bodies?: Readonly<Record<string, Json>>;
  /** JSON, or the text of an answer of another type. */
  readonly answer: Json;
}

/** By operationId. */
export type Examples = Readonly<Record<string, Example>>;

/** An apple of 16 × 16 pixels: small enough to be read past, and a picture all the same. */
export const APPLE =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAgMAAABinRfyAAAADFBMVEX////WICdcOh7/qqBwQNTbAAAAOElEQVR42mNggAANELEARDQwMDAGtjowsIaGhjCIgghxECEPImThYmACqCSAgTE01IGBIUQUYg4AyPEMPLB+4u4AAAAASUVORK5CYII=";
