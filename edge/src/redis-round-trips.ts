/**
 * Commands that are given in one turn of the event loop travel in one HTTP call, in the order in which they were given:
 * reads and writes, so that neither overtakes the other.
 */
import type { Command, Reply } from "./redis-rest.ts";

/** Upstash takes bodies of 1 MB on its smallest plan. A single command that is larger goes alone, and may be refused. */
const MAX_BODY_BYTES = 900_000;

/**
 * 16 are too few and 50 enough for the longest way that is to be waited for: from a look-up's result through all middleware to
 * the end of the call, whose metering then travels with the entries that are written back. A hundred take some 40 µs.
 */
const MICROTASKS = 100;

interface Waiting {
  /** The command as JSON. */
  readonly text: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (cause: unknown) => void;
}

type Post = (commands: readonly string[]) => Promise<readonly Reply[]>;

export class RoundTrips {
  readonly #post: Post;
  #waiting: Waiting[] = [];

  constructor(post: Post) {
    this.#post = post;
  }

  /** Whether a call is about to go out: what is sent now travels along. */
  get isDue(): boolean {
    return this.#waiting.length > 0;
  }

  /** @returns the command's result. @throws if it or the call that carries it fails. */
  send(command: Command): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) void this.#sendLater();
      this.#waiting.push({ text: JSON.stringify(command), resolve, reject });
    });
  }

  async #sendLater(): Promise<void> {
    await settledPromises();
    const given = this.#waiting;
    this.#waiting = [];
    for (const batch of inBatches(given)) await this.#sendBatch(batch);
  }

  /** Settles every command of the batch; never rejects. */
  async #sendBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const replies = await this.#post(batch.map(({ text }) => text));
      batch.forEach(({ resolve, reject }, i) => {
        const reply = replies[i];
        if (reply && "result" in reply) resolve(reply.result);
        else reject(reply?.error);
      });
    } catch (cause) {
      for (const { reject } of batch) reject(cause);
    }
  }
}

/**
 * When those who only awaited what was settled already (a digest, a look into memory) have given their commands too. Counted
 * in microtasks, since a timer of 0 ms takes workerd 1 to 5 ms.
 */
async function settledPromises(): Promise<void> {
  for (let i = 0; i < MICROTASKS; i++) await undefined;
}

function inBatches(all: readonly Waiting[]): Waiting[][] {
  const batches: Waiting[][] = [];
  let room = 0;
  for (const one of all) {
    const size = one.text.length;
    const last = batches.at(-1);
    if (last && size <= room) last.push(one);
    else {
      batches.push([one]);
      room = MAX_BODY_BYTES;
    }
    room -= size;
  }
  return batches;
}
