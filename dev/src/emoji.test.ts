import sharp from "sharp";
import { expect, it } from "vitest";
import { loadEmojiSamples, renderEmoji } from "./emoji.ts";

const samples = await loadEmojiSamples();
const named = (name: string) => samples.find(({ metadata }) => metadata.name === name)!;

it("finds a picture for most emoji, each once", () => {
  expect(samples.length).toBeGreaterThan(1500);
  expect(new Set(samples.map(({ id }) => id)).size).toBe(samples.length);
});

it("names them by their code points", () => {
  for (const { id } of samples) expect(id).toMatch(/^[0-9a-f]{4,5}(-[0-9a-f]{4,5})*$/);
  expect(named("red apple")).toMatchObject({
    id: "1f34e",
    metadata: { group: "food-drink", style: "fluent-emoji-flat" },
  });
  expect(named("heart on fire").id).toBe("2764-fe0f-200d-1f525");
});

it("leaves out skin tones and what is no picture of its own", () => {
  const skinTone = /1f3f[b-f]/;
  expect(samples.filter(({ id }) => skinTone.test(id))).toEqual([]);
  expect(samples.filter(({ metadata }) => metadata.group === "component")).toEqual([]);
});

it("draws 256 × 256 pixels on a transparent background", async () => {
  const image = sharp(await renderEmoji(named("red apple")));
  expect(await image.metadata()).toMatchObject({ format: "png", width: 256, height: 256, hasAlpha: true });
  const { data } = await image.raw().toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number) => [...data.subarray((y * 256 + x) * 4, (y * 256 + x) * 4 + 4)];
  expect(pixel(0, 0)[3]).toBe(0);
  const [red = 0, green = 0, blue = 0, alpha] = pixel(128, 160);
  expect(alpha).toBe(255);
  expect(red).toBeGreaterThan(Math.max(green, blue) + 80);
});

it("draws something for each of them (every 40th is tried)", async () => {
  const every40th = samples.filter((_, index) => index % 40 === 0);
  for (const sample of every40th) {
    const { channels } = await sharp(await renderEmoji(sample)).stats();
    expect(channels[3]!.max, sample.metadata.name).toBe(255);
  }
});
