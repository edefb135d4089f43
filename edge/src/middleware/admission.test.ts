import { TenantId } from "@sightline/shared/ids";
import { redisKeys } from "@sightline/shared/tenants";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { App } from "../context.ts";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { env } from "../testing/client.ts";
import { metering } from "./admission.ts";
import { request } from "./request.ts";

const redis = createRedis(configFrom(env));

describe("a call whose caller goes away", () => {
  it("is one that the platform waits for, until it has given its place back", async () => {
    const tenant = TenantId.parse(`t-${crypto.randomUUID()}`);
    const call = { tenant, plan: "free", work: { search: 1 }, lease: "a lease" } as const;
    const inProgress = () => redis.hlen(redisKeys.inProgress(tenant));
    const found = Promise.withResolvers<void>();
    const searching = Promise.withResolvers<void>();
    const app = new Hono<App>()
      .use(request)
      .use(metering)
      .get("/", async (c) => {
        await redis.command("HSET", redisKeys.inProgress(tenant), call.lease, String(Date.now() + 60_000));
        c.set("call", call);
        searching.resolve();
        await found.promise;
        return c.text("");
      });

    const awaited: Promise<unknown>[] = [];
    const waitUntil = (work: Promise<unknown>) => void awaited.push(work);
    const answer = app.request("/", {}, { ...env }, { waitUntil, passThroughOnException() {}, props: {} });
    await searching.promise;
    const first = await Promise.race([...awaited, "nothing is over"]);
    expect([first, awaited.length, await inProgress()]).toEqual(["nothing is over", 1, 1]);

    found.resolve();
    await answer;
    await Promise.all(awaited);
    expect(await inProgress()).toBe(0);
  });
});
