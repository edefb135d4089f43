/** Does a model fit into memory? Asked before it is loaded: afterwards it is the kernel that answers, with SIGKILL. */
import { freemem } from "node:os";
import type { Family } from "@sightline/shared/internal/protocol";
import type { Variant } from "./manifest.ts";

/**
 * Memory at the height of loading ÷ bytes of the file, on the CPU provider: the file, the parsed graph and the optimised
 * weights are there together, and what is stored narrow is widened to float32. Measured with ONNX Runtime and glibc's defaults
 * on the towers of ViT-B/32 (fp32 2.0, fp16 2.3, int8 weights 6.6; docs/decisions/0006) and on an OFA tiny and base, which
 * compute tables of positions when they are loaded (fp32 3.3 and 2.2, fp16 3.7, int8 15 and 13; docs/decisions/0013).
 */
const PEAK: Readonly<Record<Family, Readonly<Record<Variant, number>>>> = {
  clip: { fp32: 2, fp16: 2.5, int8: 7 },
  ofa: { fp32: 3.5, fp16: 4, int8: 16 },
};

/**
 * What each pair of a batch adds while an OFA runs, of a picture of 480 × 480: 105 to 145 MB, whatever the model's size. A much
 * smaller file is of a model that reads its pictures more coarsely (the built-in one: next to nothing), and takes a multiple of it.
 */
const PAIR_BYTES = 150e6;
const PAIR_PER_FILE = 4;

export interface WeighedFile {
  readonly variant: Variant;
  readonly bytes: number;
}

/** Bytes that loading these files takes at most. Rather too much: a refusal can be read, a killed process cannot. */
export const loadingBytes = (family: Family, files: readonly WeighedFile[]): number =>
  Math.round(files.reduce((sum, { variant, bytes }) => sum + bytes * PEAK[family][variant], 0));

/** Bytes that so many pairs take while they are judged, on the CPU provider. @param side of the model's pictures, in pixels. */
export const batchBytes = (pairs: number, side: number, file: WeighedFile): number =>
  Math.round(pairs * Math.min(PAIR_BYTES, PAIR_PER_FILE * file.bytes) * (side / 480) ** 2);

/**
 * Bytes that this process can still take: what the machine has free, or what its cgroup leaves it if that is less. Not
 * `process.availableMemory()`: that counts the page cache as used, and checking a file has just filled the cache.
 */
export function freeBytes(): number {
  const limit = process.constrainedMemory();
  return Math.max(0, limit > 0 ? Math.min(freemem(), limit - process.memoryUsage.rss()) : freemem());
}

export const readable = (bytes: number): string =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
