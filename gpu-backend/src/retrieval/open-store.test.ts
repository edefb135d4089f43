import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../config.ts";
import { startQdrant } from "../testing/qdrant-server.ts";
import { SECRET } from "../testing/signed-client.ts";
import { openStore } from "./open-store.ts";

const configOf = (settings: Record<string, string>) => readConfig({ BACKEND_SECRET: SECRET, ...settings });

function listener() {
  const heard: [string, object][] = [];
  const listen = (level: string) => (fields: object) => void heard.push([level, fields]);
  return { heard, log: { info: listen("info"), warn: listen("warn") } };
}

describe("the vector store that the configuration names", () => {
  it("is the embedded one unless it says otherwise", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "sightline-open-"));
    const store = await openStore(configOf({ DATA_DIR: dataDir }), listener().log);
    expect((await store.health()).detail).toContain("embedded");
    await store.close();
    await rm(dataDir, { recursive: true });
  });

  it("is Qdrant, whose version the log tells", async () => {
    const server = await startQdrant({ version: "1.17.1", apiKey: "key" });
    const { heard, log } = listener();
    const store = await openStore(
      configOf({ VECTOR_STORE: "qdrant", QDRANT_URL: server.url, QDRANT_API_KEY: "key" }),
      log,
    );
    expect(heard).toEqual([["info", { status: "ok", detail: "Qdrant 1.17.1" }]]);
    await store.close();
    await server.close();
  });

  it("may be a Qdrant that is away, or of a version that is not supported: the log warns", async () => {
    const server = await startQdrant({ version: "1.8.0" });
    for (const [url, reason] of [
      [server.url, "supported are 1.12 to 1.19"],
      ["http://127.0.0.1:1", "fetch failed"],
    ] as const) {
      const { heard, log } = listener();
      await openStore(configOf({ VECTOR_STORE: "qdrant", QDRANT_URL: url }), log);
      expect(heard).toEqual([["warn", { status: "down", detail: expect.stringContaining(reason) }]]);
    }
    await server.close();
  });

  it.each([
    ["no address of Qdrant", { VECTOR_STORE: "qdrant" }, "QDRANT_URL: VECTOR_STORE=qdrant needs it"],
    ["an address that is none", { VECTOR_STORE: "qdrant", QDRANT_URL: "qdrant:6333" }, "QDRANT_URL"],
    ["a store that nobody knows", { VECTOR_STORE: "faiss" }, "VECTOR_STORE"],
    ["no replicas at all", { QDRANT_REPLICATION_FACTOR: "0" }, "QDRANT_REPLICATION_FACTOR"],
  ])("cannot be had with %s", (_, settings, fault) => {
    expect(() => configOf(settings as Record<string, string>)).toThrow(fault);
  });
});
