/** Bounds of the histograms, as prom-client takes them. */
import { DURATION_BUCKETS } from "@sightline/shared/duration-buckets";

export const SECONDS = [...DURATION_BUCKETS];

export const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128];
