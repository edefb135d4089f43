/**
 * The picture that a model sees: resized and cropped as its reference does (open_clip's and OFA's, torchvision on Pillow).
 * The mean and deviation are applied later, beside the model.
 */
import type { Sharp } from "sharp";
import { dropAlpha, splitAlpha } from "../media/alpha.ts";
import { bicubicTaps, enlarge, type Raster, type Taps } from "../media/bicubic.ts";
import { type OpenedImage, reopen, type Stage } from "../media/decode.ts";

/** How a model wants its pictures; part of its manifest. */
export interface ImageSpec {
  /** The side of the square that the model takes, in pixels. */
  readonly size: number;
  /** `shortest` keeps the proportions and crops the centre; `squash` gives them up and shows everything. */
  readonly resize: "shortest" | "squash";
  readonly interpolation: "bicubic";
  /** The colour, `#rrggbb`, to lay transparent pictures on; without it, transparency is ignored as by Pillow's `convert("RGB")`. */
  readonly background?: string;
  /**
   * Where there is no background: CLIP's reference drops transparency after the resize, in which a colour weighs by it, and
   * OFA's before.
   */
  readonly alpha?: "dropped first";
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
  // Sides that shrink are libvips' work, and sides that grow are done by Pillow's filter, from no more pixels than the crop
  // needs. A 1 × 20 000 picture thus never becomes 224 × 4 480 000.
  const reduced = { width: Math.min(scaled.width, image.width), height: Math.min(scaled.height, image.height) };
  const cut = cutOf(reduced, scaled, crop);
  const sized = (stage: Stage) => lastStep(stage, reduced, cut);
  const stage = await firstSteps(image, reduced, spec);
  if (!image.hasAlpha || spec.background !== undefined || spec.alpha === "dropped first")
    return bytesOf(await sized(stage));
  // The main thread splits them, so no more than the crop needs: a long picture is mostly cut away.
  const around = windowAround(cut.window, reduced, stage);
  const part = await stage.render((pixels) => pixels.extract(around).raw());
  const { width, height } = stage;
  const { colours, alpha } = splitAlpha(part, { left: around.left, top: around.top, width, height });
  return dropAlpha(await sized(reopen(colours)), await sized(reopen(alpha)));
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

/** The picture in front of its last step, which shrinks by no more than one step may. */
async function firstSteps(image: OpenedImage, target: Size, spec: ImageSpec): Promise<Stage> {
  let stage = await withoutAlpha(image, spec);
  for (const size of stepSizes(image, target)) {
    stage = reopen(await stage.render((pixels) => resizeTo(pixels, size).raw()));
  }
  return stage;
}

/** The picture as its model wants it before the first resize. */
async function withoutAlpha(image: OpenedImage, { background, alpha }: ImageSpec): Promise<Stage> {
  if (background !== undefined)
    return { ...image, render: (build) => image.render((p) => build(p.flatten({ background }))) };
  // Rendered in between: in one pipeline sharp resizes first, with colours weighed.
  if (alpha === "dropped first" && image.hasAlpha) return reopen(await image.render((p) => p.removeAlpha().raw()));
  return image;
}

/** What the crop needs of the reduced picture, and how it is enlarged where it has to be. */
interface Cut {
  readonly window: Window;
  readonly taps?: { readonly horizontal: Taps; readonly vertical: Taps };
}

function cutOf(reduced: Size, scaled: Size, crop: Window): Cut {
  if (reduced.width === scaled.width && reduced.height === scaled.height) return { window: crop };
  const horizontal = bicubicTaps(reduced.width, scaled.width, crop.left, crop.width);
  const vertical = bicubicTaps(reduced.height, scaled.height, crop.top, crop.height);
  const window = { left: horizontal.from, top: vertical.from, width: horizontal.length, height: vertical.length };
  return { window, taps: { horizontal, vertical } };
}

/** Shrinks to `reduced`, cuts the window out of it and enlarges that, as raw pixels. */
async function lastStep(stage: Stage, reduced: Size, { window, taps }: Cut): Promise<Raster> {
  const shrunk = await stage.render((pixels) => resizeTo(pixels, reduced).extract(window).raw());
  return taps ? enlarge(shrunk, taps.horizontal, taps.vertical) : shrunk;
}

/** The kernel reaches two pixels of the result to either side; libvips rounds. */
const REACH = 4;

/** @returns the part of `before` that the window of `after`, which it is shrunk to, is made of; rather more than less. */
function windowAround({ left, top, width, height }: Window, after: Size, before: Size): Window {
  const along = (from: number, length: number, small: number, large: number) => {
    const start = Math.max(0, Math.floor(((from - REACH) * large) / small));
    const end = Math.min(large, Math.ceil(((from + length + REACH) * large) / small));
    return [start, end - start] as const;
  };
  const [x, columns] = along(left, width, after.width, before.width);
  const [y, rows] = along(top, height, after.height, before.height);
  return { left: x, top: y, width: columns, height: rows };
}

const bytesOf = ({ data }: Raster): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.length);

/** The sizes between the picture's and the target's, largest first; none if one step does. */
function stepSizes(image: OpenedImage, target: Size): Size[] {
  const sizes: Size[] = [];
  let next = target;
  for (let reach = LARGEST_STEP; !isOneStep(image, next); reach *= LARGEST_STEP) {
    next = {
      width: Math.min(image.width, Math.round(target.width * reach)),
      height: Math.min(image.height, Math.round(target.height * reach)),
    };
    sizes.unshift(next);
  }
  return sizes;
}

/**
 * Whether one resize gives what Pillow gives. sharp has a JPEG of four times the size and more decoded at a half, a quarter
 * or an eighth, leaving a factor of two and more to the kernel: harmless (docs/decisions/0008), but only where the sides
 * divide by it. Else libjpeg rounds them up, and the picture is stretched by up to half a pixel of the result.
 */
function isOneStep({ type, width, height }: OpenedImage, size: Size): boolean {
  const factors = [width / size.width, height / size.height];
  const least = Math.min(...factors);
  const onLoad = (type === "image/jpeg" ? [8, 4, 2].find((by) => least >= 2 * by) : undefined) ?? 1;
  return width % onLoad === 0 && height % onLoad === 0 && Math.max(...factors) / onLoad <= LARGEST_STEP;
}

/** libvips' `cubic` kernel, widened while shrinking, is Pillow's antialiased bicubic. */
function resizeTo(pixels: Sharp, size: Size): Sharp {
  // With `fastShrinkOnLoad` sharp would leave less than a factor of two to the kernel, and shrink WebP while decoding, too.
  return pixels.resize({ ...size, fit: "fill", kernel: "cubic", fastShrinkOnLoad: false });
}
