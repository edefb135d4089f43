import { describe, expect, it } from "vitest";
import { choose, fromInput, fromTransfer, markOf, metadataOf } from "./files.ts";

const named = (id: string, content = "x") => ({
  id,
  file: new File([content], id.slice(id.lastIndexOf("/") + 1), { lastModified: 0 }),
});
const chosen = (files: ReturnType<typeof named>[], taken = new Map<string, string>()) =>
  choose({ files, unread: [] }, taken);
const NOW = new Date("2026-11-21T17:35:02.123Z");

describe("choose", () => {
  it("takes pictures in order, counts other files, and passes by what is hidden", () => {
    const { pictures, ignored } = chosen(
      ["b/c.JPG", "a.png", "notes.txt", ".DS_Store", "b/.cache/x.png", ".album/y.png"].map((id) => named(id)),
    );
    expect(pictures.map(({ id }) => id)).toEqual([".album/y.png", "a.png", "b/c.JPG"]);
    expect(ignored).toBe(1);
  });

  it("gives another file of the same path a number, and the same file the same id", () => {
    const files = [named("1.jpg", "a cat"), named("1.jpg", "another dog"), named("1.jpg", "a cat")];
    expect(chosen(files).pictures.map(({ id }) => id)).toEqual(["1-2.jpg", "1.jpg"]);
  });

  it("gives no id that another file has got before", () => {
    const [cat, dog] = [named("pets/1.jpg", "a cat"), named("pets/1.jpg", "another dog")];
    const taken = new Map([["pets/1.jpg", markOf(cat.file)]]);
    expect(chosen([dog], taken).pictures).toEqual([{ id: "pets/1-2.jpg", file: dog.file }]);
    expect(chosen([cat], taken).pictures).toEqual([cat]);
  });
});

describe("fromInput", () => {
  it("keeps the chosen folder's own name: two folders may hold files of the same names", () => {
    const file = new File(["x"], "1.jpg");
    Object.defineProperty(file, "webkitRelativePath", { value: "cats/1.jpg" });
    expect(fromInput([file])[0]?.id).toBe("cats/1.jpg");
  });
});

/** An entry as browsers hand it over; `undefined` in the place of a file or of a folder's children cannot be read. */
type Tree = { readonly [name: string]: Tree | File | undefined };

function entryOf(name: string, content: Tree | File | undefined): FileSystemEntry {
  const isFile = content === undefined || content instanceof File;
  const entry = {
    name,
    isFile,
    isDirectory: !isFile,
    file: (done: (file: unknown) => void, fail: (error: Error) => void) =>
      content === undefined ? fail(new Error("gone")) : done(content),
    createReader() {
      const children = Object.entries((content ?? {}) as Tree);
      return {
        readEntries(done: (some: FileSystemEntry[]) => void, fail: (error: Error) => void) {
          const next = children.shift();
          if (next?.[0] === "UNREADABLE") fail(new Error("not permitted"));
          else done(next ? [entryOf(...next)] : []);
        },
      };
    },
  };
  return entry as unknown as FileSystemEntry;
}

const transfer = (tree: Tree): DataTransfer =>
  ({
    items: Object.entries(tree).map(([name, content]) => ({ webkitGetAsEntry: () => entryOf(name, content) })),
    files: [],
  }) as unknown as DataTransfer;

describe("fromTransfer", () => {
  const picture = new File(["x"], "1.jpg");

  it("keeps the folder's own name, also where it is the only thing that is dropped", async () => {
    const { files } = await fromTransfer(transfer({ cats: { "1.jpg": picture, old: { "2.jpg": picture } } }), NOW);
    expect(files.map(({ id }) => id)).toEqual(["cats/1.jpg", "cats/old/2.jpg"]);
  });

  it("names what cannot be read, and gives the rest", async () => {
    const dropped = transfer({ "gone.jpg": undefined, cats: { "1.jpg": picture, UNREADABLE: undefined } });
    const { files, unread } = await fromTransfer(dropped, NOW);
    expect(files.map(({ id }) => id)).toEqual(["cats/1.jpg"]);
    expect(unread).toEqual(["gone.jpg", "cats"]);
  });

  it("gives a pasted picture an id of its own, and keeps a name that somebody gave", async () => {
    const pasted = (...names: string[]) =>
      ({ items: [], files: names.map((name) => new File(["x"], name)) }) as unknown as DataTransfer;
    const { files } = await fromTransfer(pasted("image.png", "holiday.png"), NOW);
    expect(files.map(({ id }) => id)).toEqual(["pasted-20261121173502123.png", "holiday.png"]);
  });
});

describe("metadataOf", () => {
  it("holds the path in two parts", () => {
    expect(metadataOf("fruit/red/apple.png")).toEqual({ folder: "fruit/red", name: "apple.png" });
    expect(metadataOf("apple.png")).toEqual({ folder: "", name: "apple.png" });
  });
});
