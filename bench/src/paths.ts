/** Where things lie. */
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** What benchmarks make once and keep; ignored by git. */
export const CACHE = join(ROOT, "bench/.cache");

export const PEER = join(ROOT, "bench/peers/transformers-js");
