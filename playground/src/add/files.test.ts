import { describe, expect, it } from "vitest";
import { choose, fromInput, metadataOf } from "./files.ts";

const named = (id: string) => ({ id, file: new File(["x"], id.slice(id.lastIndexOf("/") + 1)) });

describe("choose", () => {
  it("takes pictures in order, counts other files, and passes by what is hidden", () => {
    const { pictures, ignored } = choose(["b/c.JPG", "a.png", "notes.txt", ".DS_Store", "b/.cache/x.png"].map(named));
    expect(pictures.map(({ id }) => id)).toEqual(["a.png", "b/c.JPG"]);
    expect(ignored).toBe(1);
  });

  it("takes the last of two files of one path", () => {
    const [first, second] = [named("a.png"), named("a.png")];
    expect(choose([first, second]).pictures).toEqual([second]);
  });
});

describe("fromInput", () => {
  it("leaves out the chosen folder's own name, as the command line does", () => {
    const file = new File(["x"], "apple.png");
    Object.defineProperty(file, "webkitRelativePath", { value: "pictures/fruit/apple.png" });
    expect(fromInput([file])[0]?.id).toBe("fruit/apple.png");
  });
});

describe("metadataOf", () => {
  it("holds the path in two parts", () => {
    expect(metadataOf("fruit/red/apple.png")).toEqual({ folder: "fruit/red", name: "apple.png" });
    expect(metadataOf("apple.png")).toEqual({ folder: "", name: "apple.png" });
  });
});
