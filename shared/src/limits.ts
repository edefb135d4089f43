/** Every limit of the public API in one table. Sizes in bytes, times in milliseconds unless the name says otherwise. */

export const LIMITS = {
  bodyBytes: 20 * 1024 * 1024,
  imageBytes: 10 * 1024 * 1024,
  imagePixels: 25_000_000,
  imagesPerCall: 64,
  textsPerCall: 256,
  textBytes: 8192,
  candidates: 100,
  labels: 100,
  /** Of all labels of a classification together. */
  promptsPerCall: 500,
  topK: 200,
  itemsPerCall: 256,
  pageSize: 200,
  keysPerTenant: 100,
  metadataBytes: 16 * 1024,
  metadataDepth: 4,
  filterConditions: 64,
  filterDepth: 8,
  /** How long a call may wait for the backend, all its calls together. */
  deadlineMs: 30_000,
} as const;

/** What one unit of each kind of work costs, in compute units: measured inference time relative to one text. */
export const COST = { text: 1, image: 4, search: 1, write: 1, read: 1 } as const;

export const PLANS = {
  free: { computeUnitsPerMinute: 600, burst: 1200 },
  standard: { computeUnitsPerMinute: 12_000, burst: 24_000 },
  /** For the local stack and load tests: high enough never to be met by one machine. */
  unlimited: { computeUnitsPerMinute: 60_000_000, burst: 60_000_000 },
} as const satisfies Record<string, Plan>;

export interface Plan {
  readonly computeUnitsPerMinute: number;
  /** Units that an idle bucket holds. Must cover the dearest single call: a classification of 64 images, 192 texts and 500 prompts. */
  readonly burst: number;
}
export type PlanName = keyof typeof PLANS;
