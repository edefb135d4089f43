import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPictureCache } from "./picture-cache.ts";

const item = (id: string) => ({ collection: "emoji", id });
const never = new AbortController().signal;

/** Counts the blob URLs that are alive, as a browser's memory would. */
function setUp(capacity: number) {
  const alive = new Set<string>();
  const loads: string[] = [];
  let made = 0;
  const cache = createPictureCache({
    load: async ({ id }) => {
      loads.push(id);
      return new Blob([id]);
    },
    urls: {
      createObjectURL: () => {
        made += 1;
        alive.add(`blob:${made}`);
        return `blob:${made}`;
      },
      revokeObjectURL: (url) => void alive.delete(url),
    },
    capacity,
  });
  return { cache, alive, loads };
}

describe("createPictureCache", () => {
  it("loads a picture once while it is kept", async () => {
    const { cache, loads } = setUp(8);
    const url = await cache.url(item("1f34e"), never);
    expect(await cache.url(item("1f34e"), never)).toBe(url);
    expect(loads).toEqual(["1f34e"]);
  });

  it("gives both callers one URL when they ask for the same picture at once", async () => {
    const { cache, alive } = setUp(8);
    const [one, other] = await Promise.all([cache.url(item("a"), never), cache.url(item("a"), never)]);
    expect(one).toBe(other);
    expect(alive.size).toBe(1);
  });

  it("holds at most its capacity, and whatever it returns is alive", async () => {
    const ids = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f"), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(ids, fc.integer({ min: 1, max: 4 }), async (asked, capacity) => {
        const { cache, alive } = setUp(capacity);
        for (const id of asked) {
          expect(alive).toContain(await cache.url(item(id), never));
          expect(alive.size).toBeLessThanOrEqual(capacity);
        }
      }),
    );
  });

  it("lets the least recently used picture go first", async () => {
    const { cache, loads } = setUp(2);
    for (const id of ["a", "b", "a", "c", "a"]) await cache.url(item(id), never);
    expect(loads).toEqual(["a", "b", "c"]);
  });

  it("revokes every URL when cleared", async () => {
    const { cache, alive } = setUp(8);
    await cache.url(item("a"), never);
    await cache.url(item("b"), never);
    cache.clear();
    expect(alive.size).toBe(0);
  });

  it("keeps nothing that was asked for before it was cleared", async () => {
    const { cache, alive, loads } = setUp(8);
    const late = expect(cache.url(item("a"), never)).rejects.toThrow("not in use any more");
    cache.clear();
    await late;
    expect(alive.size).toBe(0);
    await cache.url(item("a"), never);
    expect(loads).toEqual(["a", "a"]);
  });

  it("passes a failure on and tries again next time", async () => {
    let calls = 0;
    const cache = createPictureCache({
      load: async () => {
        calls += 1;
        if (calls === 1) throw new Error("gone");
        return new Blob();
      },
      urls: URL,
    });
    await expect(cache.url(item("a"), never)).rejects.toThrow("gone");
    const url = await cache.url(item("a"), never);
    expect(url).toMatch(/^blob:/);
    cache.clear();
  });
});
