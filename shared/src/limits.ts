/** Every limit of the public API in one table. Sizes in bytes, times in milliseconds unless the name says otherwise. */

export const LIMITS = {
  bodyBytes: 20 * 1024 * 1024,
  /** `,`, `[` and `{` outside texts: room for 256 vectors of 4,096 numbers, and no more than an isolate can make objects of. */
  bodyStructure: 1_500_000,
  imageBytes: 10 * 1024 * 1024,
  imagePixels: 25_000_000,
  imagesPerCall: 64,
  textsPerCall: 256,
  pairsPerCall: 64,
  textBytes: 8192,
  candidates: 100,
  labels: 100,
  /** Of all labels of a classification together. */
  promptsPerCall: 500,
  topK: 200,
  queriesPerSearch: 8,
  /** Hits whose pictures a search by words may have judged. */
  verifiedPerSearch: 32,
  itemsPerCall: 256,
  pageSize: 200,
  keysPerTenant: 100,
  /** Their records lie in Redis for good, and are listed all at once. */
  collectionsPerTenant: 1000,
  metadataBytes: 16 * 1024,
  metadataDepth: 4,
  filterConditions: 64,
  filterDepth: 8,
  /** How long a call may wait for the backend, all its calls together. */
  deadlineMs: 30_000,
} as const;

/**
 * What one unit of each kind of work costs, in compute units: measured inference time relative to one text. `read` is a
 * call that asks for no work but must not be free.
 */
export const COST = { text: 1, image: 4, pair: 16, search: 1, write: 1, read: 1 } as const;
export type WorkKind = keyof typeof COST;

/** How many units of each kind a call asks for. */
export type Work = Readonly<Partial<Record<WorkKind, number>>>;

export const WORK_KINDS = Object.keys(COST) as readonly WorkKind[];

/** In compute units. */
export const costOf = (work: Work): number => WORK_KINDS.reduce((sum, kind) => sum + COST[kind] * (work[kind] ?? 0), 0);

export interface Plan {
  readonly requestsPerMinute: number;
  readonly computeUnitsPerMinute: number;
  /**
   * Compute units that an idle bucket holds. Must cover the dearest single call: 64 pairs, or a classification of 64
   * images, 192 texts and 500 prompts.
   */
  readonly computeBurst: number;
  readonly computeUnitsPerMonth: number;
  /** Calls in progress at the same time. */
  readonly concurrency: number;
  readonly bodyBytes: number;
  readonly imagesPerCall: number;
  readonly textsPerCall: number;
}

/** No call of any plan may be larger than `LIMITS` says; a plan may ask for less. */
export const PLANS = {
  free: {
    requestsPerMinute: 60,
    computeUnitsPerMinute: 600,
    computeBurst: 1200,
    computeUnitsPerMonth: 100_000,
    concurrency: 4,
    bodyBytes: 8 * 1024 * 1024,
    imagesPerCall: 16,
    textsPerCall: 128,
  },
  standard: {
    requestsPerMinute: 3000,
    computeUnitsPerMinute: 12_000,
    computeBurst: 24_000,
    computeUnitsPerMonth: 50_000_000,
    concurrency: 64,
    bodyBytes: LIMITS.bodyBytes,
    imagesPerCall: LIMITS.imagesPerCall,
    textsPerCall: LIMITS.textsPerCall,
  },
  /** For the local stack and load tests: high enough never to be met by one machine. */
  unlimited: {
    requestsPerMinute: 6_000_000,
    computeUnitsPerMinute: 60_000_000,
    computeBurst: 60_000_000,
    computeUnitsPerMonth: 1_000_000_000_000,
    concurrency: 10_000,
    bodyBytes: LIMITS.bodyBytes,
    imagesPerCall: LIMITS.imagesPerCall,
    textsPerCall: LIMITS.textsPerCall,
  },
} as const satisfies Record<string, Plan>;

export type PlanName = keyof typeof PLANS;
