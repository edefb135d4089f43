/**
 * The picture that a model sees: resized and cropped as its reference does (open_clip's and OFA's, torchvision on Pillow).
 * The mean and deviation are applied later, beside the model.
 */
import type { Sharp } from "sharp";
import { dropAlpha, splitAlpha } from "../media/alpha.ts";
import { bicubicTaps, enlarge, type Raster } from "../media/bicubic.ts";
import { type OpenedImage, reopen } from "../media/decode.ts";

/** How a model wants its pictures; part of its manifest. */
export interface ImageSpec {
  /** The side of the square that the model takes, in pixels. */
  readonly size: number;
  /** `shortest` keeps the proportions and crops the centre; `squash` gives them up and shows everything. */
  readonly resize: "shortest" | "squash";
  readonly interpolation: "bicubic";
  /** A CSS colour to lay transparent pictures on; without it, transparency is ignored as by Pillow's `convert("RGB")`. */
  readonly background?: string;
  /**
   * Where there is no background: CLIP's reference drops transparency after the resize, in which a colour weighs by it, and
   * OFA's before.
   */
  readonly alpha?: "dropped first";
}

/** Pixels on their way, as often as they are asked for. */
type Stage = Pick<OpenedImage, "render">;

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
  const sized = (stage: Stage) => lastStep(stage, reduced, scaled, crop);
  const stage = await firstSteps(image, reduced, spec);
  if (!image.hasAlpha || spec.background !== undefined || spec.alpha === "dropped first")
    return bytesOf(await sized(stage));
  const { colours, alpha } = splitAlpha(await stage.render((pixels) => pixels.raw()));
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
  if (background !== undefined) return { render: (build) => image.render((p) => build(p.flatten({ background }))) };
  // Rendered in between: in one pipeline sharp resizes first, with colours weighed.
  if (alpha === "dropped first" && image.hasAlpha) return reopen(await image.render((p) => p.removeAlpha().raw()));
  return image;
}

/** Shrinks to `reduced`, enlarges that to `scaled` and cuts `crop` out of it, as raw pixels. */
async function lastStep(stage: Stage, reduced: Size, scaled: Size, crop: Window): Promise<Raster> {
  const shrink = (window: Window) => stage.render((pixels) => resizeTo(pixels, reduced).extract(window).raw());
  if (reduced.width === scaled.width && reduced.height === scaled.height) return shrink(crop);
  const horizontal = bicubicTaps(reduced.width, scaled.width, crop.left, crop.width);
  const vertical = bicubicTaps(reduced.height, scaled.height, crop.top, crop.height);
  const needed = { left: horizontal.from, top: vertical.from, width: horizontal.length, height: vertical.length };
  return enlarge(await shrink(needed), horizontal, vertical);
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
