import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LIMITS } from "@sightline/shared/limits";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Entry, IMAGE_BYTES, openSource, type Source } from "./source.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sight line source "));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Nothing is closed to root. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  await chmod(dir, 0o755);
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

async function all(source: Source): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of source.entries()) entries.push(entry);
  return entries;
}

describe("a folder", () => {
  it("gives its pictures, however deep, in one order, and nothing else", async () => {
    await mkdir(join(dir, "b/c"), { recursive: true });
    await mkdir(join(dir, "folder.png"));
    for (const name of ["b/c/deep.JPG", "a.webp", "b/x.gif", "notes.txt", "b/y.tiff"]) {
      await writeFile(join(dir, name), name);
    }
    const source = await openSource(dir);
    const items = await Promise.all((await all(source)).map((entry) => entry.load()));
    expect(items).toEqual([
      { id: "a.webp", image: Buffer.from("a.webp"), metadata: { folder: "", name: "a.webp" } },
      { id: "b/c/deep.JPG", image: Buffer.from("b/c/deep.JPG"), metadata: { folder: "b/c", name: "deep.JPG" } },
      { id: "b/x.gif", image: Buffer.from("b/x.gif"), metadata: { folder: "b", name: "x.gif" } },
    ]);
  });

  it("knows a picture that has changed from one that has not", async () => {
    await writeFile(join(dir, "a.png"), "one");
    const fingerprint = async () => (await all(await openSource(dir)))[0]?.fingerprint;
    const before = await fingerprint();
    expect(await fingerprint()).toBe(before);
    await writeFile(join(dir, "a.png"), "another");
    expect(await fingerprint()).not.toBe(before);
  });

  it("says which picture is empty or larger than the API takes, without reading it", async () => {
    expect(IMAGE_BYTES).toBe(LIMITS.imageBytes);
    await writeFile(join(dir, "empty.png"), "");
    await writeFile(join(dir, "large.png"), Buffer.alloc(IMAGE_BYTES + 1));
    const [empty, large] = await all(await openSource(dir));
    await expect(empty?.load()).rejects.toThrow("the file is empty");
    await expect(large?.load()).rejects.toThrow("larger than 10 MB");
  });

  it("takes linked pictures, and does not follow linked folders, which may lead back to itself", async () => {
    await mkdir(join(dir, "below"));
    await writeFile(join(dir, "below/a.png"), "a");
    await symlink(dir, join(dir, "below/above"));
    await symlink(join(dir, "below/a.png"), join(dir, "b.png"));
    const source = await openSource(dir);
    const items = await Promise.all((await all(source)).map((entry) => entry.load()));
    expect(items.map(({ id }) => id)).toEqual(["b.png", "below/a.png"]);
  });

  it("names a folder below that it may not read, and goes on", async () => {
    await mkdir(join(dir, "lost+found"), { mode: 0 });
    await writeFile(join(dir, "a.png"), "a");
    const [closed, open] = await all(await asNobody(() => openSource(dir)));
    await expect(closed?.load()).rejects.toThrow(/^the folder cannot be read: EACCES/);
    expect(await open?.load()).toMatchObject({ id: "a.png" });
  });

  it("without a picture is refused", async () => {
    await expect(openSource(dir)).rejects.toThrow("there is no JPEG");
  });
});

describe("a list", () => {
  it("gives an item a line, with files beside it, and counts blank lines out but not off", async () => {
    await writeFile(join(dir, "a.png"), "picture");
    const list = join(dir, "items.jsonl");
    await writeFile(list, '{"id":"1","text":"one","metadata":{"n":1}}\n\n{"id":"2","file":"a.png"}\n[]');
    const source = await openSource(list);
    expect(source.total).toBe(3);
    const [one, two, three] = await all(source);
    expect(await one?.load()).toEqual({ id: "1", text: "one", metadata: { n: 1 } });
    expect(await two?.load()).toEqual({ id: "2", image: Buffer.from("picture") });
    expect(two?.label).toBe(`${list}:3`);
    expect([one?.id, two?.id, three?.id]).toEqual(["1", "2", undefined]);
    await expect(three?.load()).rejects.toThrow("an item is an object");
  });

  it("knows a line whose picture has changed, or was not there, from one that has not", async () => {
    const list = join(dir, "items.jsonl");
    await writeFile(list, '{"id":"1","file":"a.png"}');
    const fingerprint = async () => (await all(await openSource(list)))[0]?.fingerprint;
    const away = await fingerprint();
    await writeFile(join(dir, "a.png"), "one");
    const before = await fingerprint();
    expect(before).not.toBe(away);
    expect(await fingerprint()).toBe(before);
    await writeFile(join(dir, "a.png"), "another");
    expect(await fingerprint()).not.toBe(before);
  });
});
