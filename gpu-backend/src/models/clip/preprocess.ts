/**
 * The picture that CLIP's image tower sees: resized and cropped as the reference does (open_clip and torchvision on
 * Pillow). The mean and deviation are applied later, beside the model.
 */
import type { Sharp } from "sharp";
import { bicubicTaps, dropAlpha, enlarge } from "../../media/bicubic.ts";
import { type OpenedImage, type Rendered, reopen } from "../../media/decode.ts";

/** How a model wants its pictures; part of its manifest. */
export interface ImageSpec {
  /** The side of the square that the model takes, in pixels. */
  readonly size: number;
  /** `shortest` keeps the proportions and crops the centre; `squash` gives them up and shows everything. */
  readonly resize: "shortest" | "squash";
  readonly interpolation: "bicubic";
  /** A CSS colour to lay transparent pictures on; without it, transparency is ignored as by Pillow's `convert("RGB")`. */
  readonly background?: string;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Window extends Size {
  readonly left: number;
  readonly top: number;
}

/**
 * libvips shrinks by 4 and more with a box filter first, which differs from Pillow by up to 2.8/255 (mean, white noise)
 * and shifts brightness by up to 0.7/255. In steps that stay below 4 it does not, and the difference falls to 0.5/255 or
 * less on every such picture. The last step is the largest: it decides what the result looks like.
 */
const LARGEST_STEP = 3.9;

/**
 * @returns RGB bytes, height × width × channel, size · size · 3 of them.
 * @throws ApiError(image_invalid) if the picture cannot be decoded.
 */
export async function preprocess(image: OpenedImage, spec: ImageSpec): Promise<Uint8Array> {
  const scaled = scaledSize(image, spec);
  const crop: Window = {
    left: cropOffset(scaled.width, spec.size),
    top: cropOffset(scaled.height, spec.size),
    width: spec.size,
    height: spec.size,
  };
  if (scaled.width <= image.width && scaled.height <= image.height) {
    return dropAlpha(await reduce(image, scaled, crop, spec.background));
  }
  // At least one side grows: libvips takes the sides that shrink to their size, and Pillow's filter does the rest, from
  // no more pixels than the crop needs. A 1 × 20 000 picture thus never becomes 224 × 4 480 000.
  const reduced = { width: Math.min(scaled.width, image.width), height: Math.min(scaled.height, image.height) };
  const horizontal = bicubicTaps(reduced.width, scaled.width, crop.left, crop.width);
  const vertical = bicubicTaps(reduced.height, scaled.height, crop.top, crop.height);
  const needed = { left: horizontal.from, top: vertical.from, width: horizontal.length, height: vertical.length };
  return dropAlpha(enlarge(await reduce(image, reduced, needed, spec.background), horizontal, vertical));
}

/** The picture's size before the crop. Source: torchvision, `_compute_resized_output_size`. */
function scaledSize({ width, height }: Size, { size, resize }: ImageSpec): Size {
  if (resize === "squash") return { width: size, height: size };
  return width <= height
    ? { width: size, height: Math.trunc((size * height) / width) }
    : { width: Math.trunc((size * width) / height), height: size };
}

/** Python's `round`, which torchvision's centre crop uses: halves go to the even neighbour. */
function cropOffset(side: number, size: number): number {
  const half = (side - size) / 2;
  const floor = Math.floor(half);
  return half === floor ? half : floor + (floor % 2);
}

/** Shrinks to `target` and cuts `window` out of it, as raw pixels. No side of `target` is larger than the picture's. */
async function reduce(
  image: OpenedImage,
  target: Size,
  window: Window,
  background: string | undefined,
): Promise<Rendered> {
  let stage: Pick<OpenedImage, "render"> = {
    render: (build) =>
      image.render((pixels) => build(background === undefined ? pixels : pixels.flatten({ background }))),
  };
  for (const size of stepSizes(image, target)) {
    stage = reopen(await stage.render((pixels) => resizeTo(pixels, size).raw()));
  }
  return stage.render((pixels) => resizeTo(pixels, target).extract(window).raw());
}

/** The sizes between the picture's and the target's, largest first; none if one step does. */
function stepSizes(from: Size, target: Size): Size[] {
  const factor = Math.max(from.width / target.width, from.height / target.height);
  const sizes: Size[] = [];
  for (let remaining = LARGEST_STEP; remaining < factor; remaining *= LARGEST_STEP) {
    sizes.unshift({
      width: Math.min(from.width, Math.round(target.width * remaining)),
      height: Math.min(from.height, Math.round(target.height * remaining)),
    });
  }
  return sizes;
}

/** libvips' `cubic` kernel, widened while shrinking, is Pillow's antialiased bicubic. */
function resizeTo(pixels: Sharp, size: Size): Sharp {
  // Without `fastShrinkOnLoad`, sharp leaves JPEG and WebP whole while decoding, at the factors of one step.
  return pixels.resize({ ...size, fit: "fill", kernel: "cubic", fastShrinkOnLoad: false });
}
