/**
 * Redis commands that are given in one turn of the event loop travel in one HTTP call, in the order in which they were
 * given. The client's own auto-pipelining makes two calls of them, one of the reads and one of the writes, and those two
 * may overtake each other.
 */
import type { Requester, UpstashRequest, UpstashResponse } from "@upstash/redis/cloudflare";
import { z } from "zod";

/** Upstash takes bodies of 1 MB on its smallest plan. A single command that is larger goes alone, and may be refused. */
const MAX_BODY_BYTES = 900_000;

/**
 * 16 are too few and 50 enough for the longest way that is to be waited for: from a look-up's result through all middleware to
 * the end of the call, whose metering then travels with the entries that are written back. A hundred take some 40 µs.
 */
const MICROTASKS = 100;

const Replies = z.array(z.object({ result: z.unknown().optional(), error: z.string().optional() }));
type Reply = z.infer<typeof Replies>[number];

interface Waiting {
  readonly command: unknown;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (cause: unknown) => void;
}

/** What already is a batch (`multi`, `pipeline`) goes out by itself. */
export function sharingRoundTrips(http: Requester): Requester {
  let waiting: Waiting[] = [];

  async function sendAll(): Promise<void> {
    const given = waiting;
    waiting = [];
    for (const batch of inBatches(given)) await send(http, batch);
  }

  return {
    request<T>(request: UpstashRequest): Promise<UpstashResponse<T>> {
      if (request.path?.length) return http.request<T>(request).catch(failWithoutCommand);
      return new Promise<Reply>((resolve, reject) => {
        if (waiting.length === 0) void settledPromises().then(sendAll);
        waiting.push({ command: request.body, resolve, reject });
      }) as Promise<UpstashResponse<T>>;
    },
  };
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
    const size = JSON.stringify(one.command).length;
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

/** Settles every command of the batch; never rejects. */
async function send(http: Requester, batch: readonly Waiting[]): Promise<void> {
  try {
    const body = batch.map(({ command }) => command);
    const replies = Replies.length(batch.length).parse(await http.request({ path: ["pipeline"], body }));
    batch.forEach(({ resolve }, i) => {
      resolve(replies[i] as Reply);
    });
  } catch (cause) {
    const failure = withoutCommand(cause);
    for (const { reject } of batch) reject(failure);
  }
}

/** The client quotes the command in its messages, and so what callers sent; those messages go to the logs. */
function withoutCommand(cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new Error(`Redis: ${message.replace(/(, command was|response body): .*$/s, "$1: …")}`);
}

function failWithoutCommand(cause: unknown): never {
  throw withoutCommand(cause);
}
