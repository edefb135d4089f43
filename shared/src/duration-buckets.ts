/** Upper bounds of the histograms of durations, in seconds: from a hit in memory to more than a caller waits for. */
export const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;
