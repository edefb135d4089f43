import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "./journal.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sight line journal "));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const open = () =>
  Journal.open(
    { baseUrl: "https://api.example.com", collection: "c", createdAt: "2026-01-01T00:00:00Z", source: dir },
    { XDG_STATE_HOME: dir },
  );

describe("the journal", () => {
  it("knows the latest state of an item only, also when it is read again", async () => {
    const journal = await open();
    journal.add("a", "one");
    journal.add("b", "one");
    journal.add("a", "two");
    for (const known of [journal, await open()]) {
      expect([known.has("a", "two"), known.has("a", "one"), known.has("b", "one")]).toEqual([true, false, true]);
    }
  });

  it("knows nothing of an item that is on its way, until that is stored", async () => {
    const journal = await open();
    journal.sending("a");
    journal.add("a", "one");
    journal.sending("a");
    journal.sending("a");
    for (const known of [journal, await open()]) expect(known.has("a", "one")).toBe(false);
    expect((await readFile(journal.file, "utf8")).split("\n")).toHaveLength(3);
    journal.add("a", "one");
    expect((await open()).has("a", "one")).toBe(true);
  });

  it("passes by lines that are not its own, as one of an older version or one that was cut off", async () => {
    const journal = await open();
    journal.add("a", "one");
    await appendFile(journal.file, `\n${"0".repeat(32)}\n${"0".repeat(20)}`);
    journal.add("a", "two");
    const again = await open();
    expect([again.has("a", "one"), again.has("a", "two")]).toEqual([false, true]);
  });
});
