import { describe, expect, it } from "vitest";
import { addressOf } from "./address.ts";

describe("addressOf", () => {
  it.each([
    ["localhost", "localhost:8787"],
    ["127.0.0.1", "127.0.0.1:8787"],
    ["::1", "[::1]:8787"],
    ["::", "[::]:8787"],
  ])("makes a URL of %s", (host, address) => {
    expect(addressOf(host, 8787)).toBe(address);
    expect(new URL(`http://${address}`).port).toBe("8787");
  });
});
