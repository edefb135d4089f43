/** The one door through which untrusted picture bytes become pixels: sniff, limit, read the header, render on demand. */
import { ApiError } from "@sightline/shared/errors";
import { type ImageType, sniffImageType } from "@sightline/shared/image-bytes";
import { LIMITS } from "@sightline/shared/limits";
import type { Metadata, OutputInfo, Sharp } from "sharp";
import { isComplete } from "./completeness.ts";
import { excessOf } from "./effort.ts";
import { sharp } from "./libvips.ts";

export interface ImageLimits {
  readonly imageBytes: number;
  /** Width · height of the first frame. */
  readonly imagePixels: number;
}

/** What a pipeline put out: encoded bytes, or pixels (HWC, 8 bits a channel) if it ends in `raw()`. */
export interface Rendered {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: OutputInfo["channels"];
}

export interface OpenedImage {
  readonly type: ImageType;
  /** Pixels of the first frame, as it is to be seen: after EXIF orientation. */
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  /**
   * Decodes the first frame through a pipeline. `build` receives it upright and in 8-bit sRGB (with alpha if the picture
   * has any), whatever the file's depth, palette, colour space and profile.
   * @throws ApiError(image_invalid) if the pixels cannot be decoded to the last one.
   */
  render(build: (pixels: Sharp) => Sharp): Promise<Rendered>;
}

/**
 * Accepts a picture by its magic bytes and header, without decoding a pixel, so that a refusal costs next to nothing.
 * A truncated file may pass here and fail in `render`.
 * @throws ApiError(image_too_large | image_format_unsupported | image_too_many_pixels | image_invalid)
 */
export async function openImage(bytes: Uint8Array, limits: ImageLimits = LIMITS): Promise<OpenedImage> {
  if (bytes.length > limits.imageBytes) throw new ApiError("image_too_large");
  const type = sniffImageType(bytes);
  if (type === undefined) throw new ApiError("image_format_unsupported");
  const excess = excessOf(bytes, type);
  if (excess !== undefined) throw new ApiError("image_invalid", { message: excess });

  const header = await readHeader(bytes);
  const { width, height } = header.autoOrient;
  if (!(width > 0 && height > 0)) throw new ApiError("image_invalid", { message: "The image has no pixels." });
  if (width * height > limits.imagePixels) throw new ApiError("image_too_many_pixels");
  if (!isComplete(bytes, type)) throw new ApiError("image_invalid", { message: "The image file is cut off." });

  return { type, width, height, hasAlpha: header.hasAlpha, render: async (build) => run(build(toSrgb(bytes, header))) };
}

/** Pixels on their way, as often as they are asked for. */
export type Stage = Pick<OpenedImage, "render" | "width" | "height">;

/** Pixels that a pipeline put out with `raw()`, as the start of a further one. */
export function reopen({ data, width, height, channels }: Rendered): Stage {
  return { width, height, render: async (build) => run(build(sharp(data, { raw: { width, height, channels } }))) };
}

async function readHeader(bytes: Uint8Array): Promise<Metadata> {
  try {
    // sharp's own pixel limit is off here: ours gives the caller a better error.
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new ApiError("image_invalid", { cause });
  }
}

/** The first frame (sharp's default), upright, in 8-bit sRGB. */
function toSrgb(bytes: Uint8Array, header: Metadata): Sharp {
  // `error` refuses truncated files of every format, yet lets pass what cameras really write (bytes between JPEG
  // markers), which the stricter default `warning` would refuse.
  const pixels = sharp(bytes, { autoOrient: true, failOn: "error" });
  // Pictures of more than 8 bits with a profile would come out in Display P3, sharp's working space for them, and be
  // taken for sRGB: saturated red (224, 32, 16) becomes (205, 55, 36). Going to 8 bits first avoids that path.
  return header.depth === "uchar" ? pixels : pixels.pipelineColourspace("srgb");
}

async function run(pipeline: Sharp): Promise<Rendered> {
  try {
    const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (cause) {
    throw new ApiError("image_invalid", { cause });
  }
}
