import { CollectionName, ModelId, Revision, TenantId } from "@sightline/shared/ids";
import { LIMITS } from "@sightline/shared/limits";
import { redisKeys } from "@sightline/shared/tenants";
import { describe, expect, it } from "vitest";
import { configFrom } from "../env.ts";
import { createRedis } from "../redis.ts";
import { TenantDirectory } from "../tenants/directory.ts";
import { env } from "../testing/client.ts";
import { newScope } from "./placement.ts";
import { CollectionCache, type CollectionRecord, CollectionRegistry, newCollection, placementOf } from "./registry.ts";

const name = CollectionName.parse("a");

/** Of a tenant of its own; and a collection that can be made in it, each time another one. */
async function world() {
  const tenant = TenantId.parse(`t${crypto.randomUUID().slice(0, 8)}`);
  const record = { id: tenant, name: "", plan: "free", status: "active", createdAt: new Date().toISOString() } as const;
  await new TenantDirectory(createRedis(configFrom(env))).create(record);
  const registry = new CollectionRegistry(createRedis(configFrom(env)), new CollectionCache(), tenant);
  const make = (description: string) =>
    newCollection({
      name,
      model: ModelId.parse("m"),
      revision: Revision.parse("1"),
      dims: 4,
      description,
      pictures: true,
      createdAt: new Date().toISOString(),
    });
  return { tenant, registry, make };
}

describe("a tenant's collections", () => {
  it("are limited in number, however many are made at once", async () => {
    const { tenant, registry, make } = await world();
    const redis = createRedis(configFrom(env));
    const filler = Array.from({ length: LIMITS.collectionsPerTenant - 2 }, (_, i) => [`filler-${i}`, "{}"]).flat();
    await redis.command("HSET", redisKeys.collections(tenant), ...filler);
    const named = (suffix: number) => ({ ...make(""), name: CollectionName.parse(`a-${suffix}`) });
    const made = await Promise.allSettled([1, 2, 3, 4, 5].map((suffix) => registry.create(named(suffix))));
    const refused = made.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused.map(({ code }) => code)).toEqual(Array(3).fill("too_many_collections"));
    expect(await redis.hlen(redisKeys.collections(tenant))).toBe(LIMITS.collectionsPerTenant);
  });

  it("are not made where they are", async () => {
    const { registry, make } = await world();
    const first = make("first");
    expect(await registry.create(first)).toBe(true);
    expect(await registry.create(make("second"))).toBe(false);
    expect(await registry.find(name)).toEqual(first);
  });
});

describe("a change of a collection's places", () => {
  it("is one of the places that were read: who comes second, or to another of its name, changes nothing", async () => {
    const { registry, make } = await world();
    const made = make("");
    await registry.create(made);
    const elsewhere = (record: CollectionRecord) => ({
      current: { ...placementOf(record), scope: newScope() },
      left: [],
    });
    const first = await registry.place(made, elsewhere(made));
    const conflict = { code: "migration_conflict" };
    await expect(registry.place(made, elsewhere(made))).rejects.toMatchObject(conflict);
    expect(await registry.find(name)).toEqual(first);
    const second = await registry.place(first, elsewhere(first));
    await registry.delete(second);
    await expect(registry.place(second, elsewhere(second))).rejects.toMatchObject(conflict);
    await registry.create(make("another"));
    await expect(registry.place(second, elsewhere(second))).rejects.toMatchObject(conflict);
  });
});

describe("a change of a collection", () => {
  it("is made once", async () => {
    const { registry, make } = await world();
    const made = make(`"id":"another"`);
    await registry.create(made);
    expect(await registry.replace({ ...made, description: "changed" })).toBe(true);
    expect(await registry.find(name)).toEqual({ ...made, description: "changed" });
  });

  it("does not touch another of its name, nor bring back what was deleted", async () => {
    const { registry, make } = await world();
    const [gone, another] = [make("gone"), make(`it says "id" and more`)];
    await registry.create(gone);
    await registry.delete(gone);
    expect(await registry.replace(gone)).toBe(false);
    expect(await registry.find(name)).toBeUndefined();
    await registry.create(another);
    expect(await registry.replace(gone)).toBe(false);
    await registry.delete(gone);
    expect(await registry.find(name)).toEqual(another);
  });
});
