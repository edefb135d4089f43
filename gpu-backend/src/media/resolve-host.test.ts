import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type NameServer, startNameServer } from "../testing/name-server.ts";
import { resolveHost } from "./resolve-host.ts";

const KNOWN = {
  "both.test": ["2001:db8::1", "192.0.2.1", "192.0.2.2"],
  "old.test": ["192.0.2.3"],
  "new.test": ["2001:db8::2"],
  "empty.test": [],
};

let server: NameServer;
let caller: AbortController;
beforeEach(async () => {
  server = await startNameServer(KNOWN);
  caller = new AbortController();
});
afterEach(() => server.close());

const resolve = (name: string) => resolveHost(name, caller.signal, [server.address]);

describe("a host's addresses", () => {
  it.each([
    ["both.test", ["192.0.2.1", "192.0.2.2", "2001:db8::1"]],
    ["old.test", ["192.0.2.3"]],
    ["new.test", ["2001:db8::2"]],
    ["empty.test", []],
    ["unknown.test", []],
    [`${"x".repeat(64)}.test`, []],
  ])("of %s are those of both kinds that its name server knows", async (name, addresses) => {
    expect(await resolve(name)).toEqual(addresses);
  });

  it("are never those of the hosts file", async () => {
    expect(await resolve("localhost")).toEqual([]);
  });
});

describe("a name server that is silent", () => {
  it("keeps neither other names nor files waiting, however many names are asked of it", async () => {
    const silent = Array.from({ length: 64 }, (_, i) => resolve(`a${i}.mute.test`));
    expect(await resolve("old.test")).toEqual(["192.0.2.3"]);
    expect(await readFile(import.meta.filename, "utf8")).not.toBe("");
    caller.abort(new Error("gone"));
    const ends = await Promise.allSettled(silent);
    expect(ends).toEqual(silent.map(() => ({ status: "rejected", reason: caller.signal.reason })));
  });

  it("is not asked for a caller who has gone already", async () => {
    caller.abort(new Error("gone"));
    await expect(resolve("old.test")).rejects.toThrow("gone");
    expect(server.asked).toEqual([]);
  });
});
