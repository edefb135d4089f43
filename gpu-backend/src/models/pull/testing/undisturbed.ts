import type { DownloadOptions } from "../download.ts";
import type { Progress } from "../progress.ts";

/** What a download is given where nothing waits, nothing is left to chance and nobody interrupts it. */
export const undisturbed = (): Omit<DownloadOptions, "onProgress" | "onRetry"> => ({
  fetch,
  stallMs: 20_000,
  now: Date.now,
  signal: new AbortController().signal,
  random: () => 0,
  sleep: async () => {},
});

/** Progress that nobody looks at. */
export const silent: Progress = { begin() {}, at() {}, note() {}, end() {}, abandon() {} };
