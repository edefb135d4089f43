/** sharp, set up once per process for untrusted pictures; every module of this service imports it from here. */
import sharp from "sharp";

/** The loaders behind `IMAGE_TYPES`, by libvips' class names. GIF is read by libnsgif, AVIF by libheif. */
const LOADERS = [
  "VipsForeignLoadJpegBuffer",
  "VipsForeignLoadPngBuffer",
  "VipsForeignLoadWebpBuffer",
  "VipsForeignLoadNsgifBuffer",
  "VipsForeignLoadHeifBuffer",
];

// A format that nobody may send (SVG, TIFF, libvips' own…) must not become reachable through a confused sniffer.
// Ultra HDR files lose their own loader too and are read as the plain JPEG that they also are.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({ operation: LOADERS });

// A picture is decoded once and never again: a cache of operations would only hold its pixels in memory.
sharp.cache(false);

// Parallelism comes from many pictures at a time on libuv's pool; threads inside one picture would fight over the cores.
sharp.concurrency(1);

export { sharp };
