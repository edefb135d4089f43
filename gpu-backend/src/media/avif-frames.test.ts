import { describe, expect, it } from "vitest";
import { mostFrames } from "./avif-frames.ts";

const u16 = (...values: readonly number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
const box = (type: string, ...data: readonly Uint8Array[]) => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), ...data]);
  const size = 4 + body.length;
  return Buffer.concat([u16(size >> 16, size & 65_535), body]);
};
const FULL = Buffer.alloc(4);
const FTYP = box("ftyp", Buffer.from("avif\0\0\0\0avifmif1", "latin1"));
/** A temporal delimiter, then so many frames of no bytes. */
const frames = (count: number) => Buffer.from([0x12, 0, ...Array.from({ length: count }, () => [0x32, 0]).flat()]);

interface Item {
  readonly id: number;
  /** Offset and length in the picture's data. */
  readonly parts: readonly (readonly [offset: number, length: number])[];
}

/** An AVIF of these AV1 items, with what they are made of in front. */
function forge(data: Buffer, items: readonly Item[]): Buffer {
  const front = Buffer.concat([FTYP, box("mdat", data)]);
  const start = front.length - data.length;
  const infe = ({ id }: Item) => box("infe", Buffer.from([2, 0, 0, 0]), u16(id, 0), Buffer.from("av01\0", "latin1"));
  const iloc = ({ id, parts }: Item) =>
    u16(id, 0, parts.length, ...parts.flatMap(([offset, length]) => [start + offset, length]));
  return Buffer.concat([
    front,
    box(
      "meta",
      FULL,
      box("iinf", FULL, u16(items.length), ...items.map(infe)),
      // Offsets and lengths of two bytes, no base.
      box("iloc", FULL, u16(0x2200, items.length), ...items.map(iloc)),
    ),
  ]);
}

describe("the frames of an AVIF", () => {
  it("are those of the item that has the most, whose parts may lie anywhere", () => {
    const data = Buffer.concat([frames(1), frames(2), frames(3)]);
    const items: readonly Item[] = [
      { id: 1, parts: [[4, 6]] },
      {
        id: 2,
        parts: [
          [10, 8],
          [0, 4],
        ],
      },
    ];
    expect(mostFrames(forge(data, items))).toBe(4);
  });

  it("can be told of a grid whose tiles all look the same and lie in the file once", () => {
    const data = Buffer.concat([frames(1), Buffer.alloc(20_000)]);
    const tiles = Array.from({ length: 256 }, (_, i): Item => ({ id: i + 1, parts: [[0, data.length]] }));
    expect(mostFrames(forge(data, tiles))).toBe(1);
  });

  it("are not counted where different items, or an item's parts, are made of the same bytes", () => {
    const data = Buffer.concat([frames(1), Buffer.alloc(20_000)]);
    const shifted = Array.from({ length: 9 }, (_, i): Item => ({ id: i + 1, parts: [[0, data.length - i]] }));
    expect(mostFrames(forge(data, shifted))).toBe(Number.POSITIVE_INFINITY);
    const repeated = { id: 1, parts: Array.from({ length: 9 }, () => [0, data.length] as const) };
    expect(mostFrames(forge(data, [repeated]))).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ["parts, which cost no byte", box("meta", FULL, box("iloc", FULL, u16(0, 1, 7, 0, 65_535)))],
    ["items, which cost six", box("meta", FULL, box("iloc", FULL, u16(0, 10_001), Buffer.alloc(6 * 10_001)))],
    ["boxes in a list", box("meta", FULL, ...Array.from({ length: 10_001 }, () => box("free")))],
    ["lists", Buffer.concat(Array.from({ length: 10_001 }, () => box("meta", FULL)))],
  ])("are not counted in a file of more than 10 000 %s", (_, bomb) => {
    expect(() => mostFrames(Buffer.concat([FTYP, bomb]))).toThrow("more than 10000 boxes, items and parts");
  });
});
