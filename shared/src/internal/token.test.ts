import { describe, expect, it, vi } from "vitest";
import { TenantId } from "../ids.ts";
import { importSigningKey, signCall, verifyBody, verifyCall } from "./token.ts";

const secret = "a secret of at least thirty-two bytes";
const tenant = TenantId.parse("acme");
const path = "/internal/v1/embed";
const body = new Uint8Array([1, 2, 3]);

async function signed() {
  const key = await importSigningKey(secret);
  return { key, token: await signCall(key, { tenant, path, body }) };
}

describe("a signed call", () => {
  it("gives the tenant back for the same path and body", async () => {
    const { key, token } = await signed();
    const call = await verifyCall(key, token, path);
    expect(call.tenant).toBe(tenant);
    await expect(verifyBody(call, body)).resolves.toBeUndefined();
  });

  it("is refused for another body, another path, another key", async () => {
    const { key, token } = await signed();
    const otherKey = await importSigningKey(`${secret}!`);
    const call = await verifyCall(key, token, path);
    await expect(verifyBody(call, new Uint8Array([1, 2, 4]))).rejects.toThrow("another body");
    await expect(verifyCall(key, token, "/internal/v1/items")).rejects.toThrow("another path");
    await expect(verifyCall(otherKey, token, path)).rejects.toThrow();
  });

  it("is refused when unsigned", async () => {
    const { key, token } = await signed();
    const [, payload] = token.split(".");
    const none = btoa(JSON.stringify({ alg: "none" })).replaceAll("=", "");
    await expect(verifyCall(key, `${none}.${payload}.`, path)).rejects.toThrow();
  });

  it("expires after a minute", async () => {
    vi.useFakeTimers();
    try {
      const { key, token } = await signed();
      vi.advanceTimersByTime(59_000);
      await expect(verifyCall(key, token, path)).resolves.toMatchObject({ tenant });
      vi.advanceTimersByTime(10_000);
      await expect(verifyCall(key, token, path)).rejects.toThrow();
    } finally {
      vi.useRealTimers();
    }
  });

  it("needs a secret of 32 bytes", async () => {
    await expect(importSigningKey("short")).rejects.toThrow(RangeError);
  });
});
