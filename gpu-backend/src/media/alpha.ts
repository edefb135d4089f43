/**
 * Pictures with transparency, resized as Pillow does it: colours weighed by their alpha in 8 bits, both resized, and divided
 * again. sharp's own way truncates where Pillow rounds, which darkens what is half transparent by 1 to 2 of 255.
 * Source of the arithmetic: Pillow, `src/libImaging/Convert.c`, and its behaviour.
 */
import type { Raster } from "./bicubic.ts";
import type { Rendered } from "./decode.ts";

interface Planes {
  /** RGB, alpha multiplied in. */
  readonly colours: Rendered;
  /** One channel. */
  readonly alpha: Rendered;
}

/** Where a part of a picture lies, and how large the whole is. */
interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * @param part four channels, alpha not multiplied in. @param place what it is a part of, unless it is the whole picture.
 * @returns planes as large as the whole and empty around the part: memory that nobody touches costs nothing.
 */
export function splitAlpha(part: Raster, place: Place = { left: 0, top: 0, ...part }): Planes {
  const { data } = part;
  const { left, top, width, height } = place;
  const colours = new Uint8Array(width * height * 3);
  const alpha = new Uint8Array(width * height);
  let from = 0;
  for (let y = top; y < top + part.height; y++) {
    const end = y * width + left + part.width;
    for (let pixel = y * width + left; pixel < end; pixel++, from += 4) {
      const opacity = data[from + 3] ?? 0;
      alpha[pixel] = opacity;
      for (let channel = 0; channel < 3; channel++) {
        colours[pixel * 3 + channel] = Math.round(((data[from + channel] ?? 0) * opacity) / 255);
      }
    }
  }
  return { colours: { data: colours, width, height, channels: 3 }, alpha: { data: alpha, width, height, channels: 1 } };
}

/**
 * RGB bytes as they would show without their transparency: Pillow's `convert("RGB")`.
 * @param colours three channels, alpha multiplied in. @param alpha of the same size, in its first channel (sharp makes three of one).
 */
export function dropAlpha(colours: Raster, alpha: Raster): Uint8Array {
  // Where nothing shows there is no colour to recover, and what multiplication left stays.
  return Uint8Array.from(colours.data, (colour, at) => {
    const opacity = alpha.data[Math.trunc(at / 3) * alpha.channels] ?? 0;
    return opacity === 0 ? colour : Math.min(255, Math.trunc((255 * colour) / opacity));
  });
}
