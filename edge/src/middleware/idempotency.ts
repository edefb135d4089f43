/**
 * @module `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) on writes: the first call with a key is carried out, a
 * repetition gets the first one's answer, byte for byte, for 24 h. Only success is kept: a call that failed, did nothing, or
 * could not do part of its work, changed nothing that repeating it would spoil, and may succeed the next time. What is kept is
 * bounded by what was paid for: Redis holds tenants and keys, evicts nothing, and refuses everybody's writes once it is full.
 */
import { sha256Hex } from "@sightline/shared/digest";
import { ApiError } from "@sightline/shared/errors";
import { costOf, LIMITS } from "@sightline/shared/limits";
import { redisKeys } from "@sightline/shared/tenants";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { StatusCode } from "hono/utils/http-status";
import { z } from "zod";
import type { App } from "../context.ts";
import { orUnavailable } from "../or-unavailable.ts";
import { RELEASE, Script } from "../redis-script.ts";
import { admit } from "./admission.ts";

const KEPT_SECONDS = 86_400;
/**
 * Of an answer, for each compute unit that its call is metered with; a longer one is not kept. Above the longest answer to a
 * write of one unit; what exceeds it is items that failed, of which each adds to the answer and nothing to the price.
 */
const KEPT_BYTES_PER_UNIT = 4096;
/** A call whose isolate dies holds its key no longer than this; a living one ends by its deadline before. */
const PENDING_SECONDS = (2 * LIMITS.deadlineMs) / 1000;

const IdempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "Idempotency-Key: 1 to 255 printable ASCII characters without spaces.");

const Record = z.discriminatedUnion("state", [
  z.object({ state: z.literal("pending"), request: z.string(), owner: z.string() }),
  z.object({ state: z.literal("done"), request: z.string(), status: z.number(), type: z.string(), body: z.string() }),
]);
type Record = z.infer<typeof Record>;

/**
 * KEYS: a key's record · ARGV: 1 ours · 2 how long it lives, in s. Takes the key if it is free. Returns the record that holds it then:
 * in one step, for between two commands its holder may let go of it, and a replica may not know of him.
 */
const CLAIM = new Script(`
local held = redis.call('GET', KEYS[1])
if held then return held end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
`);

export const idempotency = createMiddleware<App>(async (c, next) => {
  const header = c.req.header("idempotency-key");
  if (header === undefined) return next();
  const key = IdempotencyKey.safeParse(header);
  if (!key.success) {
    const message = key.error.issues[0]?.message ?? "";
    throw new ApiError("invalid_request", { param: "Idempotency-Key", message });
  }
  const place = redisKeys.idempotency(c.var.identity.tenant, await sha256Hex(key.data));
  const request = await digestOf(c);
  const mine: Record = { state: "pending", request, owner: crypto.randomUUID() };
  const found = await orUnavailable(() => claim(c, place, mine), {
    message: "Idempotency keys cannot be looked up; nothing was changed.",
    param: "Idempotency-Key",
  }).catch(async (error: unknown) => {
    // Perhaps only the answer was lost: then the key is ours, and a repetition would be told that we are at it.
    await c.var.redis.evaluate(RELEASE, [place], [JSON.stringify(mine)]).catch(() => undefined);
    throw error;
  });
  if (found.state === "pending" && found.owner === mine.owner) {
    await next();
    return keepOrRelease(c, place, request);
  }
  // What somebody else did must not be free either, nor asked for without limit.
  await admit(c, { read: 1 });
  if (found.request !== request) throw new ApiError("idempotency_key_reused", { param: "Idempotency-Key" });
  if (found.state === "pending") {
    throw new ApiError("idempotency_in_progress", { param: "Idempotency-Key", retryAfterSeconds: 1 });
  }
  const headers = { "content-type": found.type, "idempotency-replayed": "true" };
  return c.newResponse(found.body, { status: found.status as StatusCode, headers });
});

/** What makes two requests the same: method, path and body. */
async function digestOf(c: Context<App>): Promise<string> {
  const body = await sha256Hex(new Uint8Array(await c.req.arrayBuffer()));
  return sha256Hex(`${c.req.method} ${c.req.path} ${body}`);
}

/** @returns our own record if the key was free, else the one that holds it. */
async function claim({ var: { redis } }: Context<App>, place: string, mine: Record): Promise<Record> {
  const held = await redis.evaluate(CLAIM, [place], [JSON.stringify(mine), PENDING_SECONDS]);
  return Record.parse(JSON.parse(z.string().parse(held)));
}

/** Before the answer leaves: a repetition that comes right after it must find it. */
async function keepOrRelease(c: Context<App>, place: string, request: string): Promise<void> {
  const { redis } = c.var;
  const record = await recordOf(c, request);
  // The work is done either way: that its answer could not be kept is no reason to call it failed.
  const settled = record ? redis.set(place, JSON.stringify(record), { ex: KEPT_SECONDS }) : redis.del(place);
  await settled.catch(() => undefined);
}

/** @returns undefined if the answer is not to be kept. */
async function recordOf(
  { res: answer, var: { isIncomplete, call } }: Context<App>,
  request: string,
): Promise<Record | undefined> {
  if (!answer.ok || isIncomplete) return undefined;
  const body = await answer.clone().arrayBuffer();
  if (body.byteLength > KEPT_BYTES_PER_UNIT * costOf(call?.work ?? {})) return undefined;
  const type = answer.headers.get("content-type") ?? "application/json";
  return { state: "done", request, status: answer.status, type, body: new TextDecoder().decode(body) };
}
