import { TenantId } from "@sightline/shared/ids";
import { redisKeys } from "@sightline/shared/tenants";
import { afterEach, describe, expect, it, vi } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { env } from "../testing/client.ts";
import { recordCalls } from "../testing/record-calls.ts";
import { type Limiter, redisLimiter } from "./limiter.ts";
import { Settlements } from "./settlements.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const unreachable: Limiter = { admit: () => Promise.reject(new Error("the fallback was asked")) };
/** Of a request. */
const redis = () => createRedis(configFrom(env));

function tenantAt(settlements: Settlements) {
  const tenant = TenantId.parse(`t-${crypto.randomUUID()}`);
  const call = () => ({ tenant, plan: "free" as const, work: { text: 1 }, lease: crypto.randomUUID() });
  const end = (ended = call(), client = redis()) => settlements.add({ call: ended, done: ended.work, at: NOW }, client);
  const inProgress = async () => Number(await redis().command("HLEN", redisKeys.inProgress(tenant)));
  const metered = async () => (await redis().hgetall(redisKeys.usage(tenant, "2026-11"))).total;
  return { call, end, inProgress, metered };
}

afterEach(() => void vi.restoreAllMocks());

describe("ends of calls", () => {
  it("travel with the isolate's next admission, ahead of it, and are counted", async () => {
    const settlements = new Settlements();
    const { call, end, inProgress, metered } = tenantAt(settlements);
    const [first, next] = [call(), call()];
    const admit = (client: ReturnType<typeof redis>, admitted: typeof first) =>
      redisLimiter(client, unreachable, () => NOW).admit(admitted);
    await admit(redis(), first);
    const waiting = end(first);

    const calls = recordCalls();
    const client = redis();
    await Promise.all([settlements.send(client), admit(client, next)]);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toHaveLength(2);
    expect([await inProgress(), await metered()]).toEqual([1, "1"]);

    calls.length = 0;
    await waiting;
    expect(calls).toEqual([]);
  });

  it("travel with what the request itself writes", async () => {
    const settlements = new Settlements();
    const { end } = tenantAt(settlements);
    const client = redis();
    const calls = recordCalls();
    await Promise.all([client.set(`sl:test:${crypto.randomUUID()}`, "an entry", { ex: 60 }), end(undefined, client)]);
    expect(calls.map((commands) => commands.length)).toEqual([2]);
  });

  it("go by themselves when no other call comes, those of a moment together", async () => {
    const settlements = new Settlements();
    const { end, metered } = tenantAt(settlements);
    const calls = recordCalls();
    await Promise.all([end(), end(), end()]);
    expect(calls.map((commands) => commands.length)).toEqual([3]);
    expect(await metered()).toBe("3");
  });

  it("are not kept, also while Redis is away", async () => {
    const settlements = new Settlements();
    const { end } = tenantAt(settlements);
    const away = createRedis({ REDIS_URL: "http://127.0.0.1:1", REDIS_TOKEN: "x" });
    await Promise.all(Array.from({ length: 100 }, () => end(undefined, away)));
    expect(settlements.size).toBe(0);
  });

  it("are sent by a later request if the one that was to send them has gone", async () => {
    const clock = { now: NOW };
    const settlements = new Settlements(() => clock.now);
    const { end, metered } = tenantAt(settlements);
    // A request that is cancelled never comes back from its timer.
    const timers = vi.spyOn(globalThis, "setTimeout").mockImplementation((() => 0) as never);
    void end();
    timers.mockRestore();
    await end();
    expect([settlements.size, await metered()]).toEqual([2, undefined]);
    clock.now += 2000;
    await end();
    expect([settlements.size, await metered()]).toEqual([0, "3"]);
  });
});
