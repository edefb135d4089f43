/**
 * Who goes first where a plan allows few calls: what a person asks, then pictures. Pictures are fetched a few at a time,
 * only while nothing else is asked, and limits that they meet are waited out, for a result without its picture says little.
 */
import { createGate } from "../gate.ts";
import type { Api } from "./client.ts";
import { ApiFailure, LONGEST_WAIT_SECONDS } from "./failure.ts";

/** The smallest plan allows four calls at a time: one is left for the person's. */
const PICTURES_AT_A_TIME = 3;

/** Beyond what the API says, so that whoever shows the limit and counts down gets the next place. */
const MARGIN_SECONDS = 1;

export function withPrecedence(api: Api, sleep: (seconds: number) => Promise<void>): Api {
  const gate = createGate(PICTURES_AT_A_TIME);
  /** Calls under way and waits that pictures stand back for. */
  let ahead = 0;
  const standingBack: (() => void)[] = [];

  function leave(): void {
    ahead -= 1;
    if (ahead === 0) for (const goOn of standingBack.splice(0)) goOn();
  }

  function hold(seconds: number): void {
    ahead += 1;
    void sleep(seconds + MARGIN_SECONDS).then(leave);
  }

  async function first<T>(call: () => Promise<T>): Promise<T> {
    ahead += 1;
    try {
      return await call();
    } catch (error) {
      const seconds = waitOf(error);
      if (seconds !== undefined) hold(seconds);
      throw error;
    } finally {
      leave();
    }
  }

  async function last<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      while (ahead > 0) await new Promise<void>((resolve) => standingBack.push(resolve));
      signal.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        const seconds = waitOf(error);
        if (seconds === undefined) throw error;
        hold(seconds);
      }
    }
  }

  return {
    // An upload may take an hour, and waits by itself.
    ask: (operation, signal) =>
      operation.kind === "add" ? api.ask(operation, signal) : first(() => api.ask(operation, signal)),
    createCollection: api.createCollection,
    collections: (signal) => first(() => api.collections(signal)),
    items: (collection, page, signal) => first(() => api.items(collection, page, signal)),
    item: (collection, id, signal) => first(() => api.item(collection, id, signal)),
    picture: (collection, id, signal) => gate(() => last(() => api.picture(collection, id, signal), signal), signal),
  };
}

/** undefined where waiting would change nothing, or would take longer than anybody looks at a page. */
function waitOf(error: unknown): number | undefined {
  if (!(error instanceof ApiFailure) || error.status !== 429) return undefined;
  const seconds = error.retryAfterSeconds;
  return seconds !== undefined && seconds <= LONGEST_WAIT_SECONDS ? seconds : undefined;
}
