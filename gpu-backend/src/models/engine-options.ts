/** How every graph is run, whatever its model: from the service's configuration. */
import type { Provider } from "../inference/providers.ts";

export interface EngineOptions {
  /** In order of preference. */
  readonly providers: readonly Provider[];
  /** Intra-op threads per session. */
  readonly threads: number;
  readonly maxImageBatch: number;
  readonly maxTextBatch: number;
  readonly maxPairBatch: number;
  /** Entries that may wait, per graph. */
  readonly maxQueue: number;
}
