import { beforeEach, describe, expect, it } from "vitest";
import { createApi } from "../api/client.ts";
import { PictureRefused } from "../picture.ts";
import { networkOf } from "../testing/network.ts";
import type { PictureFile } from "./files.ts";
import { type Progress, type UploadEvent, upload } from "./upload.ts";

interface SentItem {
  readonly id: string;
  readonly metadata: object;
}

/** A collection behind the API's wire format. */
let stored: Map<string, SentItem>;
/** What it says it holds, where that is more. */
let total: number;
let listings: number;
let calls: SentItem[][];
/** Answers that come before the API's own. */
let trouble: Response[];
let waits: number[];
let events: UploadEvent[];
/** Ids of which it said that they are stored. */
let reported: string[];

beforeEach(() => {
  stored = new Map();
  total = 0;
  listings = 0;
  calls = [];
  trouble = [];
  waits = [];
  events = [];
  reported = [];
});

const tooMany = (seconds: number): Response => {
  const error = {
    type: "rate_limit_error",
    code: "rate_limit_exceeded",
    message: "Slowly.",
    param: null,
    request_id: "r",
  };
  return Response.json({ error }, { status: 429, headers: { "Retry-After": String(seconds) } });
};

const failure = (status: number, code: string): Response =>
  Response.json({ error: { type: "t", code, message: `It is ${code}.`, param: null, request_id: "r" } }, { status });

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === "PUT" && pathname.endsWith("/shots")) {
    return Response.json({ name: "shots", items: { total: Math.max(total, stored.size) } });
  }
  const [, asked] = /\/items\/(.+)$/.exec(pathname) ?? [];
  if (asked !== undefined) {
    const id = decodeURIComponent(asked);
    return stored.has(id) ? Response.json({ id }) : failure(404, "item_not_found");
  }
  if (request.method === "GET") {
    listings += 1;
    const data = [...stored.keys()].map((id) => ({ id, modality: "image", metadata: {} }));
    return Response.json({ object: "list", data, next_cursor: null });
  }
  const wrong = trouble.shift();
  if (wrong) return wrong;
  const { items } = (await request.json()) as { items: SentItem[] };
  if (items.some(({ id }) => id.includes("vast"))) return failure(413, "body_too_large");
  calls.push(items);
  const results = items.map((item) => {
    if (item.id.includes("broken")) {
      return {
        id: item.id,
        status: "failed",
        error: { code: "image_invalid", message: "It cannot be decoded.", param: null },
      };
    }
    stored.set(item.id, item);
    return { id: item.id, status: "stored" };
  });
  const failed = results.filter(({ status }) => status === "failed").length;
  return Response.json({ succeeded: items.length - failed, failed, results });
}

const files = (...ids: string[]): PictureFile[] => ids.map((id) => ({ id, file: new File(["x"], id) }));

async function run(
  given: readonly PictureFile[],
  signal = new AbortController().signal,
): Promise<Progress | undefined> {
  const api = createApi({
    fetch: networkOf(answer).fetch,
    clock: () => 0,
    session: { authorised: (call) => call("key") },
  });
  await upload({
    api,
    collection: "shots",
    files: given,
    read: async (file) => {
      if (file.name.includes("huge")) throw new PictureRefused("too_large", file);
      return { name: file.name, encoded: "AA==", blob: file };
    },
    sleep: async (seconds) => void waits.push(seconds),
    onEvent: (event) => events.push(event),
    onStored: ({ id }) => reported.push(id),
    signal,
  });
  return events.findLast((event) => event.kind === "progress")?.progress;
}

describe("upload", () => {
  it("stores every picture under its path, some to a call", async () => {
    const many = files(...Array.from({ length: 40 }, (_, n) => `day ${n}/shot.png`));
    expect(await run(many)).toEqual({ total: 40, stored: 40, kept: 0, refused: [] });
    expect(calls.map((items) => items.length)).toEqual([16, 16, 8]);
    expect(stored.get("day 7/shot.png")).toMatchObject({ metadata: { folder: "day 7", name: "shot.png" } });
  });

  it("passes by what is there already, so that it goes on where it was broken off", async () => {
    await run(files("a.png", "b.png"));
    calls = [];
    expect(await run(files("a.png", "b.png", "c.png"))).toMatchObject({ stored: 1, kept: 2 });
    expect(calls.flat().map(({ id }) => id)).toEqual(["c.png"]);
  });

  it("names each file that cannot be taken and goes on", async () => {
    const done = await run(files("a.png", "broken.png", "huge.png"));
    expect(done).toMatchObject({ stored: 1, kept: 0 });
    expect(done?.refused).toEqual([
      { id: "huge.png", cause: expect.any(PictureRefused) },
      { id: "broken.png", cause: "It cannot be decoded." },
    ]);
  });

  it("refuses a file that no call can carry, and goes on", async () => {
    const done = await run(files("a.png", "b.png", "vast.png", "z.png"));
    expect(done).toMatchObject({ stored: 3, refused: [{ id: "vast.png", cause: "It is body_too_large." }] });
    expect([...stored.keys()]).toEqual(["a.png", "b.png", "z.png"]);
  });

  it("says of each picture once that it is stored, also of one that was there", async () => {
    await run(files("a.png"));
    reported = [];
    await run(files("a.png", "b.png", "broken.png"));
    expect(reported).toEqual(["a.png", "b.png"]);
  });

  it("asks for few pictures by their ids, where the collection has many", async () => {
    await run(files("a.png"));
    [total, listings] = [100_000, 0];
    expect(await run(files("a.png", "dir/b.png"))).toMatchObject({ stored: 1, kept: 1 });
    expect(listings).toBe(0);
  });

  it("lists the collection where that takes fewer calls", async () => {
    await run(files("a.png", "b.png"));
    [total, listings] = [300, 0];
    expect(await run(files("a.png", "b.png", "c.png"))).toMatchObject({ stored: 1, kept: 2 });
    expect(listings).toBe(1);
  });

  it("waits for as long as the API says, and loses nothing", async () => {
    trouble = [tooMany(7), tooMany(2)];
    expect(await run(files("a.png"))).toMatchObject({ stored: 1 });
    expect(waits).toEqual([7, 2]);
    expect(events).toContainEqual({ kind: "waiting", seconds: 7 });
  });

  it("stops at a limit that lasts longer than a person waits", async () => {
    trouble = [tooMany(86_400)];
    await expect(run(files("a.png"))).rejects.toMatchObject({ status: 429 });
    expect(waits).toEqual([]);
  });

  it("stops at once when it is cancelled", async () => {
    const cancelled = new AbortController();
    cancelled.abort(new Error("enough"));
    await expect(run(files("a.png"), cancelled.signal)).rejects.toThrow("enough");
    expect(stored.size).toBe(0);
  });
});
