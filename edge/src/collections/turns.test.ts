import { CollectionName, ItemId, TenantId } from "@sightline/shared/ids";
import { redisKeys } from "@sightline/shared/tenants";
import { bytesToBase64 } from "@sightline/shared/vectors";
import { describe, expect, it } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { call, env, post, put, type TestEnv } from "../testing/client.ts";
import { png } from "../testing/images.ts";
import { Turns } from "./turns.ts";

const [a, b, c] = ["a", "b", "c"].map((id) => ItemId.parse(id)) as [ItemId, ItemId, ItemId];
const ACME = TenantId.parse("acme");
const redis = createRedis(configFrom(env));

/** Of one collection, as two isolates see it. */
function twoIsolates(sleep?: (ms: number) => Promise<void>) {
  const collection = crypto.randomUUID();
  const keyOf = (id: ItemId) => `sl:test:writing:${collection}:${id}`;
  const isolate = () => new Turns(createRedis(configFrom(env)), keyOf, sleep);
  return [isolate(), isolate(), keyOf] as const;
}

describe("calls on the same item", () => {
  it("take turns, also where they share one item of several; others go side by side", async () => {
    const [here, there] = twoIsolates();
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const first = here.take([a, b], async () => {
      log.push("first begins");
      begun.resolve();
      await gate.promise;
      log.push("first ends");
    });
    await begun.promise;
    const second = there.take([b, c], async () => void log.push("second"));
    await there.take([c], async () => void log.push("another"));
    gate.resolve();
    await Promise.all([first, second]);
    expect(log).toEqual(["first begins", "another", "first ends", "second"]);
  });

  it("come next after one that failed, or whose isolate died", async () => {
    const [here, there, keyOf] = twoIsolates();
    await expect(here.take([a], () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await there.take([a], async () => "done")).toBe("done");
    await redis.command("SET", keyOf(a), "a dead isolate", "PX", 200);
    expect(await there.take([a], async () => "done")).toBe("done");
  });

  it("come next after one that was not told that it has its turn", async () => {
    const [, there, keyOf] = twoIsolates();
    const deaf = createRedis(configFrom(env));
    const evaluate = deaf.evaluate.bind(deaf);
    let lost = 1;
    deaf.evaluate = async (...call) => {
      const answer = await evaluate(...call);
      if (lost-- > 0) throw new Error("no answer in time");
      return answer;
    };
    const work = async () => "done";
    await expect(new Turns(deaf, keyOf).take([a], work)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(await redis.get(keyOf(a))).toBeNull();
    expect(await there.take([a], work)).toBe("done");
  });

  it("are told to come back where one takes very long, and nothing is done", async () => {
    const [, there, keyOf] = twoIsolates(async () => undefined);
    await redis.command("SET", keyOf(a), "another", "PX", 60_000);
    const work = () => Promise.reject(new Error("must not begin"));
    await expect(there.take([b, a], work)).rejects.toMatchObject({ code: "overloaded", retryAfterSeconds: 1 });
    expect(await redis.get(keyOf(b))).toBeNull();
    expect(await redis.get(keyOf(a))).toBe("another");
  });
});

describe("a deletion by filter", () => {
  it("leaves alone what another call has made of an item while it waited for its turn", async () => {
    const name = CollectionName.parse(`c-${crypto.randomUUID().slice(0, 8)}`);
    const items = `/v1/collections/${name}/items`;
    await put(`/v1/collections/${name}`, {});
    await put(items, { items: [{ id: "i", text: "old", metadata: { year: 2019 } }] });
    const record = JSON.parse((await redis.hget(redisKeys.collections(ACME), name)) ?? "");
    const turn = redisKeys.writing(ACME, record.id, ItemId.parse("i"));
    await redis.command("SET", turn, "another", "PX", 60_000);
    const deleting = post(`${items}/delete`, { filter: { field: "year", eq: 2019 } });
    // It has found the item by then, and looks again after 50, 150, 350 and 750 ms.
    await new Promise((resolve) => setTimeout(resolve, 450));
    await redis.command("DEL", turn);
    await put(items, { items: [{ id: "i", text: "new", metadata: { year: 2024 } }] });
    expect((await deleting).status).toBe(200);
    expect((await call("GET", `${items}/i`)).body.metadata).toEqual({ year: 2024 });
  });
});

describe("of two calls at once on an image item", () => {
  const picture = async (red: number) => bytesToBase64(await png(red, 0, 0));

  /** A worker that stops before it keeps the picture, when the point is stored. */
  function halting() {
    const stored = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const bucket = new Proxy(env.PICTURES, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return async (...parts: unknown[]) => {
          if (name === "put") {
            stored.resolve();
            await gate.promise;
          }
          return member.apply(target, parts);
        };
      },
    });
    return { isolate: { ...env, PICTURES: bucket } as TestEnv, stored: stored.promise, go: gate.resolve };
  }

  async function collection() {
    const path = `/v1/collections/c-${crypto.randomUUID().slice(0, 8)}`;
    await put(path, {});
    const write = async (red: number, isolate?: TestEnv) =>
      put(
        `${path}/items`,
        { items: [{ id: "i", image: await picture(red), metadata: { red } }] },
        { ...(isolate && { env: isolate }) },
      );
    const picturesBytes = async () => (await call("GET", `${path}/items/i/image`)).body as ArrayBuffer;
    return { path, write, picturesBytes };
  }

  it("a deletion takes the picture along", async () => {
    const { path, write } = await collection();
    const slow = halting();
    const writing = write(200, slow.isolate);
    await slow.stored;
    const deleting = call("DELETE", `${path}/items/i`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    slow.go();
    expect([(await writing).status, (await deleting).status]).toEqual([200, 200]);
    expect((await call("GET", `${path}/items/i/image`)).status).toBe(404);
  });

  it("the one that stays has its own picture", async () => {
    const { path, write, picturesBytes } = await collection();
    await write(10);
    const ofTen = await picturesBytes();
    const slow = halting();
    const writing = write(200, slow.isolate);
    await slow.stored;
    const other = write(10);
    await new Promise((resolve) => setTimeout(resolve, 200));
    slow.go();
    await Promise.all([writing, other]);
    expect((await call("GET", `${path}/items/i`)).body.metadata).toEqual({ red: 10 });
    expect(await picturesBytes()).toEqual(ofTen);
  });
});
