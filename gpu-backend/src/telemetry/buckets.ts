/** Bounds of the histograms. */

/** Seconds: from an answer of the fastest graph to more than a caller waits for. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128];
