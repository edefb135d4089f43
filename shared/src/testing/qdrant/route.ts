/** What an endpoint of the double is. */
import type { Results } from "./answers.ts";
import type { QdrantDouble } from "./double.ts";

export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Call {
  readonly collection: string;
  readonly body: unknown;
  readonly waits: boolean;
  readonly query: URLSearchParams;
  /** The path's second part, of those that have one. */
  readonly name: string;
  /** Of those that take one instead of a body. */
  readonly form: FormData | undefined;
}

export type Answer = { readonly [K in keyof Results]?: Results[K] };

export interface Route {
  readonly pattern: RegExp;
  readonly method: string;
  readonly reads?: boolean;
  readonly takesForm?: boolean;
  /** What is answered inside the envelope; or, where there is none, the response. */
  readonly answer: (double: QdrantDouble, call: Call) => Answer | Response | Promise<Answer | Response>;
}

export const ONE = "/collections/([^/]+)";
