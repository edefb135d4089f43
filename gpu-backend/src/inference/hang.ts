/**
 * A run that never comes back: a GPU's driver can hang, and nothing ends a thread that waits in native code for it. All that is
 * left is to notice, so that nobody waits for it any more.
 */
import type { Provider } from "./providers.ts";

/**
 * Twice as long as any call waits, and far longer than CUDA needs for a batch. What the others do may be slow without hanging:
 * a CPU with a full batch of a large model, TensorRT with a new engine for a shape that the warm-up did not have.
 */
const patienceMs = (provider: Provider): number => (provider === "cuda" ? 60_000 : 600_000);

export class RunHung extends Error {
  override readonly name = "RunHung";
}

/** @returns what `running` gives. @throws RunHung if that takes longer than a run on this provider can; it goes on then. */
export async function unlessHung<T>(provider: Provider, running: Promise<T>): Promise<T> {
  const ms = patienceMs(provider);
  const hung = Promise.withResolvers<never>();
  const timer = setTimeout(() => hung.reject(new RunHung(`a run on ${provider} has not ended in ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([running, hung.promise]);
  } finally {
    clearTimeout(timer);
  }
}
