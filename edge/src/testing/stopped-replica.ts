/**
 * Redis as Upstash answers: from whichever replica is next, and replicas follow the leader after a while. Here that while lasts until
 * mocks are restored.
 */
import { vi } from "vitest";
import type { RedisClient } from "../redis.ts";

type Hash = Readonly<Record<string, string>>;

/** From now on plain reads of these keys tell what lies there now; scripts, and whatever writes, find what is true. */
export async function stopReplica(redis: RedisClient, ...keys: readonly string[]): Promise<void> {
  const known = new Map(
    await Promise.all(
      keys.map(async (key) => {
        const isText = (await redis.command("TYPE", key)) === "string";
        return [key, isText ? await redis.get(key) : await redis.hgetall(key)] as const;
      }),
    ),
  );
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const answer = await real(input, init);
    if (!String(input).endsWith("/pipeline")) return answer;
    const commands: readonly string[][] = JSON.parse(String(init?.body));
    const replies: readonly unknown[] = await answer.json();
    return Response.json(replies.map((reply, i) => stale(commands[i] ?? [], known) ?? reply));
  });
}

/** @returns the replica's reply; undefined to a command that does not read one of its keys. */
function stale([name, key = "", field = ""]: readonly string[], known: ReadonlyMap<string, Hash | string | null>) {
  const value = known.get(key);
  if (value === undefined) return undefined;
  if (name === "GET") return { result: value };
  if (name === "HGET") return { result: (value as Hash)[field] ?? null };
  return undefined;
}
