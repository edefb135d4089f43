/** What each moment of a replacement leaves behind, and what the next opening makes of it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { finishReplacements, replace } from "./replacement.ts";

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "sightline-replacement-"));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function put(name: string, content: string): string {
  const folder = join(dataDir, name);
  mkdirSync(join(folder, "0"), { recursive: true });
  writeFileSync(join(folder, "0", "rows"), content);
  return folder;
}
const content = () => Object.fromEntries(readdirSync(dataDir).map((name) => [name, rowsOf(name)]));
const rowsOf = (name: string) => readFileSync(join(dataDir, name, "0", "rows"), "utf8");

describe("a replacement", () => {
  it("puts the new folder in the old one's place and leaves nothing behind", async () => {
    put("m@1~replaced", "of an earlier one");
    await replace(put("m@1", "old"), put("m@1~compacted", "new"));
    expect(content()).toEqual({ "m@1": "new" });
  });

  it("puts a folder where none was", async () => {
    await replace(join(dataDir, "m@1"), put("m@1~restored", "new"));
    expect(content()).toEqual({ "m@1": "new" });
  });

  it("of which the new folder is gone leaves the old one", async () => {
    const place = put("m@1", "old");
    await expect(replace(place, join(dataDir, "m@1~compacted"))).rejects.toThrow("ENOENT");
    expect(content()).toEqual({ "m@1": "old" });
  });

  it.each([
    ["while the new folder is made", { "m@1": "old", "m@1~compacted": "half", "m@1~compacted~draft": "less" }, "old"],
    ["while a space is made", { "m@1": "old", "m@2~draft": "half" }, "old"],
    ["between the two renames", { "m@1~replaced": "old", "m@1~compacted": "new" }, "old"],
    ["before the old one is removed", { "m@1~replaced": "old", "m@1": "new" }, "new"],
    ["while a snapshot is copied", { "m@1": "old", "m@1~restored": "half" }, "old"],
  ])("cut short %s is finished or undone", (_, left, then) => {
    for (const [name, rows] of Object.entries(left)) put(name, rows);
    finishReplacements(dataDir);
    expect(content()).toEqual({ "m@1": then });
  });
});
