import { deflateSync } from "node:zlib";
import { ApiError, type ErrorCode } from "@sightline/shared/errors";
import { forgePng } from "@sightline/shared/testing/png";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type ImageLimits, openImage } from "./decode.ts";
import { sharp } from "./libvips.ts";
import { draw, drawAnimation, drawEveryFormat, forgeScans, repeatFrame } from "./test-pictures.ts";

const [WIDTH, HEIGHT] = [60, 40];
const NOTHING = deflateSync(new Uint8Array());
let files: Record<string, Buffer>;
beforeAll(async () => {
  files = await drawEveryFormat(WIDTH, HEIGHT);
});

/** Opens the file and decodes it to the last pixel. */
async function pixelsOf(bytes: Uint8Array, limits?: ImageLimits): Promise<Uint8Array> {
  const image = await openImage(bytes, limits);
  const { data, width, height, channels } = await image.render((pixels) => pixels.raw());
  expect([width, height]).toEqual([image.width, image.height]);
  expect(data.length).toBe(width * height * channels);
  return data;
}

async function refusalOf(work: Promise<unknown>): Promise<ApiError> {
  const error = await work.then(
    () => expect.fail("was accepted"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

const codeOf = async (work: Promise<unknown>): Promise<ErrorCode> => (await refusalOf(work)).code;

describe("accepts", () => {
  it("every format and tells its type and size", async () => {
    for (const [name, bytes] of Object.entries(files)) {
      const image = await openImage(bytes);
      expect([name, image.type, image.width, image.height]).toEqual([name, typeOf(name), WIDTH, HEIGHT]);
      await pixelsOf(bytes);
    }
  });

  it("files with bytes after their end", async () => {
    for (const bytes of Object.values(files)) await pixelsOf(Buffer.concat([bytes, Buffer.alloc(999, 0xa5)]));
  });

  it("a JPEG with stray bytes between its markers, as some cameras write", async () => {
    const jpeg = files.jpeg!;
    const tables = jpeg.indexOf(Buffer.from([0xff, 0xc4]));
    await pixelsOf(Buffer.concat([jpeg.subarray(0, tables), Buffer.alloc(7, 1), jpeg.subarray(tables)]));
  });

  it("a file whose colour profile is garbage", async () => {
    const iCCP = Buffer.concat([Buffer.from("x\0\0", "latin1"), deflateSync(Buffer.alloc(500, 7))]);
    const inflated = Uint8Array.from([0, 10, 20, 30]);
    const bytes = forgePng({ width: 1, height: 1, pixels: deflateSync(inflated), chunks: [["iCCP", iCCP]] });
    expect([...(await pixelsOf(bytes))]).toEqual([10, 20, 30]);
  });
});

describe("refuses", () => {
  it("bytes that are not an image of an accepted format", async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    const tiff = await draw(4, 4).tiff().toBuffer();
    for (const bytes of [svg, tiff, Buffer.from("hello"), new Uint8Array()]) {
      expect(await codeOf(openImage(bytes))).toBe("image_format_unsupported");
    }
  });

  it("a format that it does not accept even where the sniffer would not stand before the decoder", async () => {
    await expect(sharp(Buffer.from('<svg width="9" height="9"/>')).metadata()).rejects.toThrow("unsupported");
    await expect(sharp(await draw(4, 4).tiff().toBuffer()).metadata()).rejects.toThrow("unsupported");
  });

  it("a file of too many bytes", async () => {
    const limits = { imageBytes: files.jpeg!.length, imagePixels: 1e6 };
    await pixelsOf(files.jpeg!, limits);
    expect(await codeOf(openImage(Buffer.concat([files.jpeg!, Buffer.alloc(1)]), limits))).toBe("image_too_large");
  });

  it("a picture of too many pixels, in every format", async () => {
    for (const bytes of Object.values(files)) {
      await pixelsOf(bytes, { imageBytes: 1e6, imagePixels: WIDTH * HEIGHT });
      const limits = { imageBytes: 1e6, imagePixels: WIDTH * HEIGHT - 1 };
      expect(await codeOf(openImage(bytes, limits))).toBe("image_too_many_pixels");
    }
  });

  it("a PNG of 30 000 × 30 000 by its header alone", async () => {
    expect(await codeOf(openImage(forgePng({ width: 30_000, height: 30_000, pixels: NOTHING })))).toBe(
      "image_too_many_pixels",
    );
  });

  it("a zip bomb: 64 megapixels of zeros in a small PNG", async () => {
    const bomb = forgePng({ width: 8000, height: 8000, pixels: deflateSync(new Uint8Array(8000 * (8000 * 3 + 1))) });
    expect(bomb.length).toBeLessThan(300_000);
    expect(await codeOf(openImage(bomb))).toBe("image_too_many_pixels");
  });

  describe("a file that is far more work than its size says", () => {
    it("a JPEG of more than 100 scans, though each is one that may be there", async () => {
      expect(await pixelsOf(forgeScans(100))).toHaveLength(640 * 640 * 3);
      const error = await refusalOf(openImage(forgeScans(101)));
      expect([error.code, error.message]).toEqual(["image_invalid", expect.stringContaining("more than 100 scans")]);
    });

    it("but no JPEG for what looks like scans in its metadata or after its end", async () => {
      const scans = Buffer.alloc(900, Buffer.from([0xff, 0xda, 0x00]));
      const metadata = Buffer.concat([Buffer.from([0xff, 0xe1, (2 + 900) >> 8, (2 + 900) & 0xff]), scans]);
      const jpeg = files.jpeg!;
      await pixelsOf(Buffer.concat([jpeg.subarray(0, 2), metadata, jpeg.subarray(2), scans]));
      await pixelsOf(await draw(400, 400).jpeg({ progressive: true, quality: 100 }).toBuffer());
    });

    it("an AVIF of more than four frames where one is shown, wherever they hide", async () => {
      const avif = files.avif!;
      for (const filling of [0, 3]) {
        expect(await pixelsOf(repeatFrame(avif, 3, filling))).toHaveLength(WIDTH * HEIGHT * 3);
        const error = await refusalOf(openImage(repeatFrame(avif, 4, filling)));
        expect([error.code, error.message]).toEqual(["image_invalid", expect.stringContaining("more than 4 frames")]);
      }
    });

    it("a PNG with more than 64 texts to inflate", async () => {
      const text = Buffer.concat([Buffer.from("k\0\0", "latin1"), deflateSync(Buffer.alloc(100_000))]);
      const png = (texts: number) =>
        forgePng({
          width: 1,
          height: 1,
          pixels: deflateSync(Uint8Array.from([0, 10, 20, 30])),
          chunks: Array.from({ length: texts }, () => ["zTXt", text] as const),
        });
      expect([...(await pixelsOf(png(64)))]).toEqual([10, 20, 30]);
      const error = await refusalOf(openImage(png(65)));
      expect([error.code, error.message]).toEqual(["image_invalid", expect.stringContaining("more than 64")]);
    });
  });

  it("a picture without pixels", async () => {
    const emptyGif = Buffer.from("GIF89a\0\0\0\0\0\0\0;", "latin1");
    for (const bytes of [
      forgePng({ width: 0, height: 5, pixels: NOTHING }),
      forgePng({ width: 5, height: 0, pixels: NOTHING }),
      emptyGif,
    ]) {
      expect(await codeOf(openImage(bytes))).toBe("image_invalid");
    }
  });

  it("every format cut at 50 % and at 90 %", async () => {
    for (const [name, bytes] of Object.entries(files)) {
      for (const share of [0.5, 0.9]) {
        const cut = bytes.subarray(0, Math.floor(bytes.length * share));
        expect([name, share, await codeOf(pixelsOf(cut))]).toEqual([name, share, "image_invalid"]);
      }
    }
  });

  it("every format cut anywhere", async () => {
    const cuts = fc.record({ name: fc.constantFrom(...Object.keys(files)), at: fc.nat() });
    await fc.assert(
      fc.asyncProperty(cuts, async ({ name, at }) => {
        const bytes = files[name]!;
        const cut = bytes.subarray(0, at % bytes.length);
        expect(["image_invalid", "image_format_unsupported"]).toContain(await codeOf(pixelsOf(cut)));
      }),
      { numRuns: 200 },
    );
  });

  it("without telling what the decoder said", async () => {
    const error = await refusalOf(pixelsOf(files.jpeg!.subarray(0, 400)));
    expect(error.message).toBe("The image cannot be decoded.");
    expect(String(error.cause)).toMatch(/vips|jpeg/i);
  });
});

it("never fails otherwise than by an ApiError, whatever bytes are damaged", async () => {
  const damage = fc.record({
    name: fc.constantFrom(...Object.keys(files)),
    hits: fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ name, hits }) => {
      const bytes = Uint8Array.from(files[name]!);
      for (const { at, value } of hits) bytes[at % Math.min(bytes.length, 600)] = value;
      await pixelsOf(bytes, { imageBytes: 1e6, imagePixels: 1e6 }).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ApiError);
      });
    }),
    { numRuns: 300 },
  );
});

describe("renders in 8-bit sRGB", () => {
  const COLOUR = [200, 120, 40];
  const plain = () => draw(8, 8, () => COLOUR);

  it.each([
    // Ink cannot show this orange: what comes back is its nearest printable neighbour.
    ["CMYK (Adobe-inverted JPEG)", () => plain().toColourspace("cmyk").jpeg({ quality: 100 }), [199, 118, 13]],
    ["CMYK with a profile", () => plain().withIccProfile("cmyk").jpeg({ quality: 100 }), [192, 116, 12]],
    ["grey", () => plain().greyscale().png(), [138, 138, 138]],
    ["16-bit", () => plain().toColourspace("rgb16").png(), COLOUR],
    ["16-bit grey", () => plain().toColourspace("grey16").png(), [138, 138, 138]],
    ["palette", () => plain().png({ palette: true }), COLOUR],
    ["Display P3", () => plain().withIccProfile("p3").png(), COLOUR],
    ["16-bit Display P3", () => plain().toColourspace("rgb16").withIccProfile("p3").png(), COLOUR],
    ["10-bit Display P3", () => plain().withIccProfile("p3").avif({ bitdepth: 10, quality: 100, effort: 0 }), COLOUR],
  ] as const)("what was %s", async (_name, file, colour) => {
    const pixels = await pixelsOf(await file().toBuffer());
    expect(pixels).toHaveLength(8 * 8 * 3);
    for (const [channel, value] of colour.entries()) expect(Math.abs(pixels[channel]! - value)).toBeLessThanOrEqual(6);
  });

  it("with alpha where the picture has any", async () => {
    const rgba = draw(8, 8, () => [200, 120, 40, 77]);
    for (const file of [
      rgba.clone().png(),
      rgba.clone().toColourspace("rgb16").png(),
      rgba.clone().webp({ lossless: true }),
    ]) {
      expect([...(await pixelsOf(await file.toBuffer())).subarray(0, 4)]).toEqual([200, 120, 40, 77]);
    }
  });
});

it("shows the first frame of an animation", async () => {
  const still = await pixelsOf(await draw(WIDTH, HEIGHT).webp({ lossless: true }).toBuffer());
  const moving = await pixelsOf(await (await drawAnimation(WIDTH, HEIGHT)).webp({ lossless: true }).toBuffer());
  expect(moving).toEqual(still);
});

describe("turns the picture upright", () => {
  const CORNERS = { topLeft: [250, 0, 0], topRight: [0, 250, 0], bottomLeft: [0, 0, 250], bottomRight: [250, 250, 0] };
  const quarters = draw(16, 8, (x, y) => CORNERS[`${y < 4 ? "top" : "bottom"}${x < 8 ? "Left" : "Right"}`]);

  // What was stored in the corners that are to be seen at the top left and top right. Source: EXIF 2.32, table 6.
  it.each([
    [1, "topLeft", "topRight"],
    [2, "topRight", "topLeft"],
    [3, "bottomRight", "bottomLeft"],
    [4, "bottomLeft", "bottomRight"],
    [5, "topLeft", "bottomLeft"],
    [6, "bottomLeft", "topLeft"],
    [7, "bottomRight", "topRight"],
    [8, "topRight", "bottomRight"],
  ] as const)("by EXIF orientation %i", async (orientation, left, right) => {
    const image = await openImage(await quarters.clone().withMetadata({ orientation }).png().toBuffer());
    expect([image.width, image.height]).toEqual(orientation < 5 ? [16, 8] : [8, 16]);
    const { data } = await image.render((pixels) => pixels.raw());
    const lastOfRow = (image.width - 1) * 3;
    expect([...data.subarray(0, 3)]).toEqual(CORNERS[left]);
    expect([...data.subarray(lastOfRow, lastOfRow + 3)]).toEqual(CORNERS[right]);
  });
});

function typeOf(name: string): string {
  return `image/${name.split(" ").at(-1)}`;
}
