import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeApi, refusal, startFakeApi } from "../testing/api.ts";
import { startCli } from "../testing/cli.ts";

let api: FakeApi;
let dir: string;
let list: string;
beforeEach(async () => {
  api = await startFakeApi();
  dir = await mkdtemp(join(tmpdir(), "sight line cli "));
  list = join(dir, "items.jsonl");
});
afterEach(async () => {
  await api.close();
  await rm(dir, { recursive: true, force: true });
});

const start = (...args: string[]) =>
  startCli(["index", list, "-c", "things", ...args], {
    SIGHTLINE_URL: api.url,
    SIGHTLINE_API_KEY: "sl_key",
    XDG_STATE_HOME: dir,
  });
const index = (...args: string[]) => start("--json", ...args).ended;
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${JSON.stringify({ id: `item-${from + i}`, text: `thing ${i}` })}\n`);
const ids = (n: number) => Array.from({ length: n }, (_, i) => `item-${i}`);

describe("sightline index", () => {
  it("stores everything, in calls of the size that the API takes", async () => {
    await writeFile(list, lines(0, 600).join(""));
    const { code, stdout } = await index();
    expect([code, JSON.parse(stdout)]).toEqual([0, { stored: 600, kept: 0, refused: 0 }]);
    expect(api.stored.toSorted()).toEqual(ids(600).sort());
    expect(api.calls).toBe(3);
  });

  it("names each bad line, goes on, and says so in its exit code", async () => {
    const good = JSON.stringify({ id: "good", text: "fine" });
    const bad = JSON.stringify({ id: "bad", text: "bad" });
    const away = JSON.stringify({ id: "away", file: "away.png" });
    const endless = `{"id":"endless","text":"a","metadata":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    await writeFile(list, [good, "{", bad, "", '{"text":"nameless"}', away, endless, bad].join("\r\n"));
    const { code, stdout, stderr } = await index();
    expect([code, JSON.parse(stdout)]).toEqual([6, { stored: 1, kept: 0, refused: 6 }]);
    for (const said of [
      `${list}:2: `,
      `${list}:3: text: it is bad`,
      `${list}:5: an item is`,
      `${list}:6: ENOENT`,
      `${list}:7: cannot be sent: `,
      `${list}:8: text: it is bad`,
    ]) {
      expect(stderr).toContain(said);
    }
  });

  it("waits when it is told to, and loses nothing", async () => {
    await writeFile(list, lines(0, 300).join(""));
    const busy = { "retry-after": "0" };
    api.faults.push(refusal(429, "rate_limit_exceeded", busy), refusal(503, "overloaded", busy), (response) =>
      response.destroy(),
    );
    const { code, stdout } = await index();
    expect([code, JSON.parse(stdout)]).toEqual([0, { stored: 300, kept: 0, refused: 0 }]);
    expect(api.stored.toSorted()).toEqual(ids(300).sort());
  });

  it("sends only what is new when it runs again, everything with --all, and to a collection that was made anew", async () => {
    await writeFile(list, lines(0, 3).join(""));
    await index();
    await appendFile(list, lines(3, 5).join(""));
    expect(JSON.parse((await index()).stdout)).toEqual({ stored: 2, kept: 3, refused: 0 });
    expect(api.stored).toEqual(ids(5));
    expect(JSON.parse((await index("--all")).stdout)).toMatchObject({ stored: 5 });
    expect(JSON.parse((await index()).stdout)).toMatchObject({ stored: 0, kept: 5 });
    api.createdAt = "2026-02-02T00:00:00Z";
    expect(JSON.parse((await index()).stdout)).toMatchObject({ stored: 5 });
  });

  it("sends a line again that was changed and changed back, and one whose picture has changed", async () => {
    const picture = join(dir, "a.png");
    const run = async (text: string) => {
      await writeFile(
        list,
        `${JSON.stringify({ id: "word", text })}\n${JSON.stringify({ id: "seen", file: "a.png" })}\n`,
      );
      api.stored.length = 0;
      const { stdout } = await index();
      return [JSON.parse(stdout).stored, ...api.stored];
    };
    await writeFile(picture, "one");
    expect(await run("one")).toEqual([2, "word", "seen"]);
    expect(await run("uno")).toEqual([1, "word"]);
    expect(await run("one")).toEqual([1, "word"]);
    await writeFile(picture, "another");
    expect(await run("one")).toEqual([1, "seen"]);
    expect(await run("one")).toEqual([0]);
  });

  it("sends a line again that was changed back after a call whose outcome nobody knows", async () => {
    const write = (text: string) => writeFile(list, JSON.stringify({ id: "word", text }));
    await write("one");
    await index();
    await write("uno");
    api.faults.push(refusal(401, "invalid_api_key"));
    expect((await index()).code).toBe(4);
    await write("one");
    expect(JSON.parse((await index()).stdout)).toEqual({ stored: 1, kept: 0, refused: 0 });
  });

  it("keeps what is stored when a call fails for good, says where that is noted, and goes on from there", async () => {
    await writeFile(list, lines(0, 600).join(""));
    api.faults.push(undefined, refusal(401, "invalid_api_key"));
    const broken = await index("--concurrency", "1");
    expect(broken.code).toBe(4);
    expect(broken.stderr).toContain("It is invalid_api_key.");
    expect(broken.stderr).toContain("request req_12345678");
    expect(broken.stderr).toContain(join(dir, "sightline", "index"));
    expect(JSON.parse((await index()).stdout)).toEqual({ stored: 344, kept: 256, refused: 0 });
    expect(api.stored.toSorted()).toEqual(ids(600).sort());
  });

  it.each(["SIGINT", "SIGKILL"] as const)("goes on after %s where it was", async (signal) => {
    await writeFile(list, lines(0, 600).join(""));
    // The second call is never answered.
    api.faults.push(undefined, () => undefined);
    const { process, ended } = start("--concurrency", "1");
    await expect.poll(() => api.calls, { timeout: 20_000 }).toBe(2);
    process.kill(signal);
    const { code, stderr } = await ended;
    if (signal === "SIGINT") {
      expect(code).toBe(130);
      expect(stderr).toContain("goes on from there");
    }
    expect(JSON.parse((await index()).stdout)).toEqual({ stored: 344, kept: 256, refused: 0 });
    expect(api.stored.toSorted()).toEqual(ids(600).sort());
  });

  it("says what is missing", async () => {
    const none = await index();
    expect([none.code, none.stderr]).toEqual([2, `error: there is no ${list}\n`]);
    await writeFile(list, "\n");
    expect((await index()).stderr).toContain("is empty");
    expect(api.calls).toBe(0);
  });
});
