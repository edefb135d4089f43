import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDataFolder } from "./data-folder-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sightline-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const leaveLock = (content: unknown) => writeFileSync(join(folder, "lock.json"), JSON.stringify(content));

describe("the lock of a data folder", () => {
  it("refuses a second holder, names the folder and the first, and says what to do", () => {
    lockDataFolder(folder);
    expect(() => lockDataFolder(folder)).toThrow(
      `The data folder ${folder} is in use by process ${process.pid}. Stop that process first`,
    );
  });

  it("can be taken again once released", () => {
    lockDataFolder(folder).release();
    lockDataFolder(folder).release();
  });

  it("respects another living process, of which only the number is known", async () => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    await once(other, "spawn");
    leaveLock({ pid: other.pid, started: null });
    expect(() => lockDataFolder(folder)).toThrow(`in use by process ${other.pid}`);
    other.kill("SIGKILL");
    await once(other, "exit");
    lockDataFolder(folder);
  });

  it.skipIf(process.platform !== "linux")("takes over from a dead process whose number another one has now", () => {
    leaveLock({ pid: process.pid, started: "1" });
    lockDataFolder(folder);
    expect(JSON.parse(readFileSync(join(folder, "lock.json"), "utf8"))).not.toMatchObject({ started: "1" });
  });

  it.each(["", "{", "[]", '{"pid":-1,"started":null}'])("takes over a lock that is not one: %s", (content) => {
    writeFileSync(join(folder, "lock.json"), content);
    lockDataFolder(folder);
  });
});
