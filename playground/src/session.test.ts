import { beforeEach, describe, expect, it } from "vitest";
import { ApiFailure } from "./api/failure.ts";
import { createSession, isPossibleKey, KeyNeeded } from "./session.ts";

/** The three calls of the Web Storage API that a session uses. */
class TabStorage {
  readonly #entries = new Map<string, string>();
  getItem = (name: string): string | null => this.#entries.get(name) ?? null;
  setItem = (name: string, value: string): void => void this.#entries.set(name, value);
  removeItem = (name: string): void => void this.#entries.delete(name);
}

let storage: TabStorage;
beforeEach(() => {
  storage = new TabStorage();
});

const offers =
  (...keys: string[]): typeof fetch =>
  async () => {
    const key = keys.length > 1 ? keys.shift() : keys[0];
    return key ? Response.json({ api_key: key }) : new Response("{}", { status: 404 });
  };

/** A call that only accepts one key. */
const onlyFor = (accepted: string) => async (key: string) => {
  if (key !== accepted) throw new ApiFailure("The API key is missing or not valid.", { status: 401 });
  return "answer";
};

describe("open", () => {
  it("keeps the local stack's key for the tab", async () => {
    expect(await createSession({ storage, fetch: offers("demo") }).open()).toBe("demo");
    expect(await createSession({ storage, fetch: offers() }).open()).toBe("demo");
  });

  it("prefers the key that the person entered", async () => {
    const session = createSession({ storage, fetch: offers("demo") });
    session.use("mine");
    expect(await session.open()).toBe("mine");
  });

  it.each<[string, typeof fetch]>([
    ["there is no local stack", offers()],
    ["the network is down", () => Promise.reject(new TypeError("fetch failed"))],
    ["something else answers with a page", async () => new Response("<html>")],
    ["the answer has another shape", async () => Response.json({ api_key: 7 })],
    ["the answer is null", async () => Response.json(null)],
  ])("has no key when %s", async (_case, fetch) => {
    expect(await createSession({ storage, fetch }).open()).toBeUndefined();
  });
});

describe("authorised", () => {
  it("asks for a key where the tab keeps one that no header can carry", async () => {
    const session = createSession({ storage, fetch: offers() });
    session.use("“mine”");
    const carried = session.authorised(async (key) => new Headers({ Authorization: `Bearer ${key}` }));
    await expect(carried).rejects.toBeInstanceOf(KeyNeeded);
  });

  it("asks for a key when there is none", async () => {
    const session = createSession({ storage, fetch: offers() });
    await expect(session.authorised(onlyFor("demo"))).rejects.toBeInstanceOf(KeyNeeded);
  });

  it("replaces a refused key by the one that the local stack offers now", async () => {
    const session = createSession({ storage, fetch: offers("new") });
    session.use("old");
    expect(await session.authorised(onlyFor("new"))).toBe("answer");
    expect(await session.open()).toBe("new");
  });

  it("forgets a refused key and passes the API's sentence on", async () => {
    const session = createSession({ storage, fetch: offers() });
    session.use("wrong");
    await expect(session.authorised(onlyFor("right"))).rejects.toThrow("The API key is missing or not valid.");
    expect(await session.open()).toBeUndefined();
  });

  it("asks for a key when the stack's new one is refused too", async () => {
    const session = createSession({ storage, fetch: offers("one", "two") });
    await expect(session.authorised(onlyFor("three"))).rejects.toBeInstanceOf(KeyNeeded);
  });

  it("keeps a key that was entered while the old one was being refused", async () => {
    const session = createSession({ storage, fetch: offers() });
    session.use("old");
    const answer = session.authorised((key) => {
      if (key === "old") session.use("new");
      return onlyFor("new")(key);
    });
    expect(await answer).toBe("answer");
  });

  it("leaves every other failure alone", async () => {
    const session = createSession({ storage, fetch: offers() });
    session.use("mine");
    const overloaded = new ApiFailure("Too much work.", { status: 503 });
    await expect(session.authorised(() => Promise.reject(overloaded))).rejects.toBe(overloaded);
    expect(await session.open()).toBe("mine");
  });
});

describe("isPossibleKey", () => {
  it.each(["sl_dev_0123", "sk-Proj/~!"])("takes what keys are made of: %j", (key) => {
    expect(isPossibleKey(key)).toBe(true);
  });

  it.each(["", "“sl_dev_0123”", "sl_dev\u200b_0123", "sl_dev_é", "sl_dev 0123", "sl_dev\n0123", "密钥"])(
    "knows what comes along when a key is copied: %j",
    (key) => {
      expect(isPossibleKey(key)).toBe(false);
    },
  );
});
