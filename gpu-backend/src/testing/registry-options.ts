/** How tests of the registry open models: small batches on one thread, and nobody reads the log. */
import type { RegistryOptions } from "../models/registry.ts";

export const registryOptions = (modelsDir: string): RegistryOptions => ({
  modelsDirs: [modelsDir],
  wanted: "all",
  variants: ["int8", "fp32"],
  engine: { providers: ["cpu"], threads: 1, maxImageBatch: 8, maxTextBatch: 8, maxPairBatch: 8, maxQueue: 64 },
  log: { info: () => {}, warn: () => {} },
  now: () => performance.now(),
});
