/**
 * Redis as Upstash answers: plain reads from whichever replica is next, which follows the leader after a while. Here that while lasts
 * until mocks are restored.
 */
import { vi } from "vitest";
import type { RedisClient } from "../redis.ts";

type Hash = Readonly<Record<string, string>>;
type Snapshot = ReadonlyMap<string, Hash | string>;

/** From now on plain reads of texts and hashes tell what lies there now; scripts, and whatever writes, find what is true. */
export async function stopReplica(redis: RedisClient): Promise<void> {
  const snapshot = await snapshotOf(redis);
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const answer = await real(input, init);
    if (!String(input).endsWith("/pipeline")) return answer;
    const commands: readonly string[][] = JSON.parse(String(init?.body));
    const replies: readonly unknown[] = await answer.json();
    return Response.json(replies.map((reply, i) => stale(snapshot, commands[i] ?? []) ?? reply));
  });
}

async function snapshotOf(redis: RedisClient): Promise<Snapshot> {
  const keys = (await redis.command("KEYS", "*")) as readonly string[];
  const snapshot = new Map<string, Hash | string>();
  const take = async (key: string) => {
    const type = await redis.command("TYPE", key);
    if (type === "hash") snapshot.set(key, await redis.hgetall(key));
    if (type === "string") snapshot.set(key, (await redis.get(key)) ?? "");
  };
  await Promise.all(keys.map(take));
  return snapshot;
}

/** @returns the replica's reply; undefined to what is not a plain read. */
function stale(snapshot: Snapshot, [name, key = "", ...rest]: readonly string[]): { result: unknown } | undefined {
  const text = (at: string) => snapshot.get(at) ?? null;
  const hash = (snapshot.get(key) ?? {}) as Hash;
  const reads: Readonly<Record<string, () => unknown>> = {
    GET: () => text(key),
    MGET: () => [key, ...rest].map(text),
    HGET: () => hash[rest[0] ?? ""] ?? null,
    HMGET: () => rest.map((field) => hash[field] ?? null),
    HGETALL: () => Object.entries(hash).flat(),
    HKEYS: () => Object.keys(hash),
    HVALS: () => Object.values(hash),
    HLEN: () => Object.keys(hash).length,
  };
  const read = reads[name ?? ""];
  return read && { result: read() };
}
