/**
 * One HTTP call to a Redis that speaks Upstash's REST protocol.
 * Source: https://upstash.com/docs/redis/features/restapi
 */
import { z } from "zod";

const TIMEOUT_MS = 1000;

/**
 * Names the state that an answer comes from. A replica that is sent it catches up to that state before it answers.
 * Source: https://upstash.com/docs/redis/howto/readyourwrites
 */
const SYNC_TOKEN = "upstash-sync-token";

export interface RedisAddress {
  readonly url: string;
  readonly token: string;
}

/** A command's name and arguments. */
export type Command = readonly (string | number)[];

export type Reply = { readonly result: unknown } | { readonly error: Error };

interface Answer {
  /** One per command, in order. */
  readonly replies: readonly Reply[];
  readonly syncToken: string | null;
}

const Replies = z.array(z.object({ result: z.unknown().optional(), error: z.string().optional() }));
const Refusal = z.object({ error: z.string() });

/**
 * @param commands each as JSON.
 * @param syncToken of an earlier answer: what that one knew, this one knows.
 * @throws Error if the call as a whole fails, takes more than a second, or is answered with something else.
 */
export async function postCommands(
  { url, token }: RedisAddress,
  path: "pipeline" | "multi-exec",
  commands: readonly string[],
  syncToken: string | null,
): Promise<Answer> {
  const response = await fetch(`${url.replace(/\/$/, "")}/${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      ...(syncToken !== null && { [SYNC_TOKEN]: syncToken }),
    },
    body: `[${commands.join(",")}]`,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = parsed(await response.text());
  if (!response.ok) {
    const refusal = Refusal.safeParse(answer);
    throw refusal.success ? failure(refusal.data.error) : new Error(`Redis: HTTP status ${response.status}`);
  }
  const replies = Replies.safeParse(answer);
  if (!replies.success || replies.data.length !== commands.length)
    throw new Error("Redis: the answer is not one reply per command");
  return {
    replies: replies.data.map(({ result, error }) => (error === undefined ? { result } : { error: failure(error) })),
    syncToken: response.headers.get(SYNC_TOKEN),
  };
}

/** @returns undefined for what is no JSON; the parser's own message would quote it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Redis and Upstash quote the command in their messages, and so what callers sent; these go to the logs. */
const failure = (message: string): Error => new Error(`Redis: ${message.split(/[,:'"`]/, 1)[0]}`);
