import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestApiKey, mintApiKey, parseApiKey } from "./api-key.ts";

describe("API keys", () => {
  it("are parsed back, each with a public id of its own", () => {
    const keys = Array.from({ length: 50 }, () => mintApiKey("live"));
    for (const key of keys) expect(parseApiKey(key.key)).toEqual(key);
    expect(new Set(keys.map(({ publicId }) => publicId)).size).toBe(50);
    expect(keys[0]?.key).toMatch(/^sl_live_[0-9a-z]{12}_[0-9a-z]{32}$/);
  });

  it("are refused when one symbol is wrong, without a look-up", () => {
    const { key } = mintApiKey("test");
    const symbols = fc.constantFrom(..."0123456789abcdefghijklmnopqrstuvwxyz");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: key.length - 1 }), symbols, (at, symbol) => {
        fc.pre(key[at] !== symbol);
        expect(parseApiKey(key.slice(0, at) + symbol + key.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it("never parse from arbitrary text", () => {
    fc.assert(fc.property(fc.string(), (text) => parseApiKey(text) === undefined));
  });

  it("have a digest that depends on the pepper and does not hold the key", async () => {
    const { key } = mintApiKey("test");
    const digest = await digestApiKey("pepper", key);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await digestApiKey("pepper", key)).toBe(digest);
    expect(await digestApiKey("other", key)).not.toBe(digest);
  });
});
