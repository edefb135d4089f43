import { describe, expect, it } from "vitest";
import { openImage } from "../media/decode.ts";
import { draw, type Pixel, pattern } from "../media/test-pictures.ts";
import { type ImageSpec, preprocess } from "./preprocess.ts";

const SPEC: ImageSpec = { size: 8, resize: "shortest", interpolation: "bicubic" };

const pixelsOf = async (file: Buffer, spec: Partial<ImageSpec> = {}): Promise<Uint8Array> =>
  preprocess(await openImage(file), { ...SPEC, ...spec });

/** Waves of several pixels' length, as photographs have them; the pattern is noise to a decoder that shrinks. */
const soft: Pixel = (x, y) => [0, 1, 2].map((c) => 128 + 60 * Math.sin(x / 9 + c) + 60 * Math.cos(y / 7 + x / 31));

const translucent: Pixel = (x, y) => [...pattern(x, y), (x * x * 3 + y * 31) % 256];

/** What torchvision's resize and centre crop to 8 × 8 on Pillow 12.3 make of the pattern: RGB bytes in base64. */
const PILLOW: Record<string, string> = {
  "30×24 shortest opaque":
    "dX2Ef3GAlYmCgXlzeWWHjIxsa1eDiqZ2h39+p4Nmln90j3uBi4V2hYaKj31kbW6MipByfXZ1kIVtbpqDY4B2e32Re29/f3J6coeBfXaGj4JhZ4uDc3V/iZF2eIiCkGiAdnd2io1vmolwgoKPgYCHfH+AcX+UcJWLimKCYpB4jnGUd4Zpc3GMjHN1hYZ4c5t+dJJ2TYZ0bXaimG6RbnudmIVie3iIgn6Rk3GkU4KtWZRWXJKPeliAuFtYcp+NkHJ4",
  "70×110 shortest opaque":
    "d3+DfnqAlH9vf4Z4fo52gWx3gXuBk3OJg318fH95hYR1gIKAfHyCgnd8fn6CfYWDgoWFeIJ8f359hoN+gXqAfYV9f3p/foGBiniCh3KIfnh+g4J7b4ODdIKFfneDfol2fYGBg4N/fnmEg3+GiIJ/e3+IfYWAhH14fIKEfol+gYN8goB7h4eBg3qEfoJ+hIF1dINzeoF6doiLhHh7inSAhZJ4fnuEb4CFfn18eXqEeYiQhn99gH1+g5GBg4B+fnt9",
  "331×300 shortest opaque":
    "gX98f36AfoGBgICAgIB+f3+Af4CBgICAgH+Af4F/gX9/f39/fn+BgIB/gYB+f3x/gICAgYB+f35/foCBgICAgH9/f3+AgICAgH2AfYCAgIGAgYB9f36Af4CBgIB/gYB/f3+BgICAgIB/gH+Af4GAgH9/f39/fn+BgX9/gH5/fX+BgIGAgYB9f35/f4GBgICAf3+AgICAgYB/f35/foCAgIF/gX9+fn+AgIKAgYB+gX6Af3+BgIGAgIB/f3+AfoCA",
  "5×4 shortest opaque":
    "ADNnEkd6JVqUOGy0SYPMW6Tedb7xl9D/FUyGKmOdQHujVpCWbJSagYewho3FeqTaR4DIXKDod8HDlt5XtLcw0kpOqCVpPkV/gKm0m57Vo6qxls1CoacdwzlBmxZeMDp2vcRG4VphvjRrUFdeLGNqUFaOXWWtVIvFpKsxyUZKqCFqP0KPHGadPYuTYpqdh5G6PGZvWmGKZ22sYYnTa6q1h9FTprE2xFNcC0WMJm6oSZHLcKrykcvAqvI1xbwF4jUw",
  "2×31 shortest opaque":
    "8yBo9Cds5Th4xFiOnn6ofp2+bK7KZLXPwC+QxDeRwEqSs2+UpZmYmL2akdCbjtacgk24iFW0j2mpmY2Vprh+sN1qtvBfuPNbUm7PWXbHaIi1g6iRos9ovO9Ey/8x0f8pS43EUZK8X5+qebaGmNFdsug6wfQnx/MgbbaRbraNc7mDe7xwhcBZjcRGksY8lME4nd5PmNlQkNBSgb1WbqdaX5VeV4tgU4NhvvUatuwfpNssg7lFW5FhOm95KF2GIFSM",
  "8×27 shortest opaque":
    "jsP45RpPPHGmAjdsWY7DsOUadqvgzQI36R5TRXqvodYLbKHWyP0yJFmO7yRZS4C1RHmupdoPBjtw1gtAN2yhBzxxaJ3Syf4zn9QJBTpva6DVQHWqptsQe7Dl4RZLtusg+i9kZZrP0AU6qt8UFUp/7yRZWo/ENGmeVYq/xfovpNkOFEl+8yhdY5jNQnessuccsOUaJVqPCT5zfrPoYpfM1wxBu/AlMGWaC0B1hbrvbqPY6B1S0QY7S4C1NGmeHVKH",
  "29×8 shortest opaque":
    "cqfcl8wBvPEm4RZLBjtwK2CVUIW6darf/zRpKV6TU4i9fbLnp9wR0QY7+zBlJVqPjMH2u/Al6h9UGU6DSH2y5htQFUp/RHmuiL3yvPEm8CVaJFmOWI3CjMH2wPUq9CleFUp/ToO4h7zxwPUq+S5jodYL2g9EE0h9otcM4BVKjcL3ywA1CT5zR3yxhbrvw/gtntMI4RZLJFmOZ5zRqt8UXJHGn9QJ4hdMK2CVc6jdu/Alcqfcuu8kAjdsSn+0ATZr",
  "24×24 squash opaque":
    "bX+JdX2Ef3GAlYmCgXlzeWWHi41tbFN5cod3h39+p4Nmln90j3uBi4V2hYWLlIJhcoqGipByfXZ1kIVtbpqDY4B2e32Qe2x+gWyJcoeBfXaGj4JhZ4uDc3V/iZB2eYqAeYJldnd2io1vmolwgoKPgYCHfH+AcnuSd4d/imKCYpB4jnGUd4Zpc3GMi3N2i4RwfIR3dJJ2TYZ0bXaimG6RbnudmIVieHiLdnN7k3GkU4KtWZRWXJKPeliAt1xYdKCO",
  "90×5 squash opaque":
    "ZoCJc4dvd4p2gIx5gm+BinKEj3iKlYKOcH6HgXx0hYt1eIR+iW98h3aCgnuKgXWIgHuCkW57k4l2bXqHjHF5gXqAcoGJaWqBi3Z6fG6AfnZ/bHuMdnqIcn6LdoeHdImKi3p6enSFcHKAdX6HbH+NcXqGfoyLgZKCgoWCjn+HcH16hoB7c3+FfXBxhI2TiIFri4d7lYF3hH5xg3R6enB8dm54cH+MfHd8k4Z0l4Frk31rfmt8fmR2cG+AYXWGcXGL",
  "30×24 shortest transparent":
    "cnV7e3WFhZh/mWtjfVV6j4Ved1uEgK2JiYSBm4uAhpBwi25+jnpugJCMj3FjZ3uee36DenZ4loxkXY+PYomEb3GLhVxpgot8cImCdnCLeI9hYIqEhn54k49vfG1viW11dnVxlGeEmoNrgnh3iIV2k4Npe3B/X4KRalpnXpByk2WHiJFLf2l3j1ltm4NxdpSCa5d8T4hfa3WapXKSbnyUkZFkfHOEgHSenWmcaI+qV5FVWo+ecEmHsFhYd6iMmGl0",
  "5×4 shortest transparent":
    "AAAAAAAAAAB/ACr/Kn//P6Xyd8z/od//M5n/SJH/TMzMf8htmZlymm2RjHi1cpbQUZbzar//hOzPrP851bMU7i04ohdYLjlziaqcp4+6nJCchLk/ko0vtDVShiZtLkmEz8sz8U1NviJfREhdHVh2RVaYUm+4U5bSlqE9tUxTmjJ1Qk+VKXCdSY+HaZiTiYuzMV9zT2aNYnWyY5DacbKyjNVJqqwyyEtYD0eHLG2jTo3Jbafwjsq6pfAzw7MN4DM0",
};

describe("agrees with Pillow", () => {
  // The last column: how far a byte may be off. Enlarging is exact but for rounding, most of all of colours under thin alpha.
  // libvips, which shrinks, places its taps to 1/64 pixel and repeats the border, which Pillow leaves out; in so small a
  // result nearly half is border.
  it.each([
    [30, 24, "shortest", "opaque", 8],
    [70, 110, "shortest", "opaque", 3],
    [331, 300, "shortest", "opaque", 2],
    [5, 4, "shortest", "opaque", 1],
    [2, 31, "shortest", "opaque", 1],
    [8, 27, "shortest", "opaque", 1],
    [29, 8, "shortest", "opaque", 1],
    [24, 24, "squash", "opaque", 8],
    [90, 5, "squash", "opaque", 6],
    [30, 24, "shortest", "transparent", 10],
    [5, 4, "shortest", "transparent", 3],
  ] as const)("on %i × %i, %s, %s", async (width, height, resize, alpha, most) => {
    const file = await draw(width, height, alpha === "opaque" ? pattern : translucent)
      .png()
      .toBuffer();
    const reference = Buffer.from(PILLOW[`${width}×${height} ${resize} ${alpha}`]!, "base64");
    const pixels = await pixelsOf(file, { resize });
    const differences = [...pixels].map((value, at) => Math.abs(value - reference[at]!));
    expect(pixels).toHaveLength(reference.length);
    expect(Math.max(...differences)).toBeLessThanOrEqual(most);
    expect(differences.reduce((sum, difference) => sum + difference, 0) / differences.length).toBeLessThan(2);
  });

  const asJpegAndPng = async (width: number, height: number) => {
    const jpeg = await draw(width, height, soft).jpeg({ quality: 95 }).toBuffer();
    const png = await (await openImage(jpeg)).render((pixels) => pixels.png());
    return { fromJpeg: await pixelsOf(jpeg), fromPng: await pixelsOf(Buffer.from(png.data)) };
  };

  it.each([
    [42, 31],
    [70, 65],
    [401, 300],
  ])("on a JPEG of %i × %i as on a PNG: nothing is shrunk while it is decoded", async (width, height) => {
    const { fromJpeg, fromPng } = await asJpegAndPng(width, height);
    expect(fromJpeg).toEqual(fromPng);
  });

  it.each([
    [48, 32],
    [64, 64],
    [72, 68],
    [400, 304],
    [1408, 1304],
  ])("on a JPEG of %i × %i nearly as on a PNG, although it is shrunk while it is decoded", async (width, height) => {
    const { fromJpeg, fromPng } = await asJpegAndPng(width, height);
    const differences = [...fromJpeg].map((value, at) => Math.abs(value - fromPng[at]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(4);
  });

  it("on a JPEG that is shrunk more along one side than the other", async () => {
    const jpeg = await draw(1200, 40, soft).jpeg({ quality: 95 }).toBuffer();
    const png = await (await openImage(jpeg)).render((pixels) => pixels.png());
    const [squashed, whole] = [jpeg, Buffer.from(png.data)].map((file) => pixelsOf(file, { resize: "squash" }));
    const expected = await whole!;
    const differences = [...(await squashed!)].map((value, at) => Math.abs(value - expected[at]!));
    expect(Math.max(...differences)).toBeLessThanOrEqual(4);
  });
});

describe("puts a transparent picture", () => {
  const half = () =>
    draw(20, 20, (x) => [255, 0, 0, x < 10 ? 0 : 255])
      .png()
      .toBuffer();

  it("on the model's background", async () => {
    const pixels = await pixelsOf(await half(), { background: "#00ff00" });
    expect([...pixels.subarray(0, 3)]).toEqual([0, 255, 0]);
    expect([...pixels.subarray(-3)]).toEqual([255, 0, 0]);
  });

  it("on nothing if the model has no background: what cannot be seen is black", async () => {
    const pixels = await pixelsOf(await half());
    expect([...pixels.subarray(0, 3)]).toEqual([0, 0, 0]);
    expect([...pixels.subarray(-3)]).toEqual([255, 0, 0]);
  });

  it("with the same outcome when it has to be enlarged", async () => {
    const file = await draw(4, 4, (x) => [255, 0, 0, x < 2 ? 0 : 255])
      .png()
      .toBuffer();
    expect([...(await pixelsOf(file)).subarray(0, 3)]).toEqual([0, 0, 0]);
    expect([...(await pixelsOf(file, { background: "#00ff00" })).subarray(0, 3)]).toEqual([0, 255, 0]);
  });
});

it("splits no more of a long transparent picture than the crop needs", async () => {
  for (const [width, height] of [
    [20, 6000],
    [6000, 20],
  ] as const) {
    const image = await openImage(await draw(width, height, translucent).png().toBuffer());
    const rendered: number[] = [];
    const render: typeof image.render = async (build) => {
      const out = await image.render(build);
      rendered.push(out.width * out.height);
      return out;
    };
    expect(await preprocess({ ...image, render }, SPEC)).toHaveLength(8 * 8 * 3);
    expect(rendered).toHaveLength(1);
    expect(rendered[0]).toBeLessThan(20 * 60);
  }
});

it.each([
  [1, 20_000],
  [20_000, 1],
])("shows the middle of a %i × %i picture", async (width, height) => {
  const file = await draw(width, height, (x, y) => (Math.abs(x + y - 10_000) < 20 ? [9, 99, 199] : [0, 0, 0]))
    .png()
    .toBuffer();
  const pixels = await pixelsOf(file, { size: 224 });
  expect(Buffer.from(pixels).equals(Buffer.alloc(224 * 224 * 3, Uint8Array.from([9, 99, 199])))).toBe(true);
  expect(await pixelsOf(file, { size: 224, resize: "squash" })).toHaveLength(224 * 224 * 3);
});

it.each([
  ["grey", () => draw(30, 20).greyscale().png()],
  ["grey with alpha", () => draw(30, 20, translucent).greyscale().png()],
  ["16-bit", () => draw(30, 20).toColourspace("rgb16").png()],
  ["CMYK", () => draw(30, 20).toColourspace("cmyk").jpeg()],
  ["turned", () => draw(30, 20).withMetadata({ orientation: 6 }).jpeg()],
  ["palette", () => draw(30, 20, translucent).png({ palette: true })],
])("makes RGB of a %s picture, larger and smaller than the model's", async (_name, write) => {
  const file = await write().toBuffer();
  expect(await pixelsOf(file)).toHaveLength(8 * 8 * 3);
  expect(await pixelsOf(file, { size: 50 })).toHaveLength(50 * 50 * 3);
  expect(await pixelsOf(file, { size: 25, resize: "squash" })).toHaveLength(25 * 25 * 3);
});
