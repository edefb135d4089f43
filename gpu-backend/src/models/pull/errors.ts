/** The two kinds of failure that a pull tells apart; any other error is final as it is. */

interface TransientOptions extends ErrorOptions {
  /** The server's own wish (`Retry-After`). */
  readonly retryAfterMs?: number | undefined;
}

/** Another try may succeed: the network broke, or the server is busy. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { retryAfterMs, ...options }: TransientOptions = {}) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The command was not understood, or names what does not exist: nothing was tried. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
