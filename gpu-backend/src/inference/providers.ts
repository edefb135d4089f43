/**
 * Which execution provider runs a session. onnxruntime-node neither falls back by itself nor tells why a provider is
 * missing, so each one of an ordered list is tried by creating the session with it alone.
 */
import { z } from "zod";

export const Provider = z.enum(["tensorrt", "cuda", "webgpu", "coreml", "cpu"]);
export type Provider = z.infer<typeof Provider>;

/** What was chosen, and why each provider before it was not: for the log and `/readyz`. */
export interface ProviderChoice {
  readonly chosen: Provider;
  readonly refused: readonly { readonly provider: Provider; readonly reason: string }[];
}

/**
 * Opens a session with the first provider that can.
 * @param wanted in order of preference.
 * @throws Error with every reason if none can.
 */
export async function openWithFirst<S>(
  wanted: readonly Provider[],
  open: (provider: Provider) => Promise<S>,
): Promise<{ readonly session: S; readonly choice: ProviderChoice }> {
  const refused: { provider: Provider; reason: string }[] = [];
  for (const provider of wanted) {
    try {
      return { session: await open(provider), choice: { chosen: provider, refused } };
    } catch (error) {
      refused.push({ provider, reason: (error instanceof Error ? error.message : String(error)).trim() });
    }
  }
  throw new Error(`no execution provider works: ${refused.map((r) => `${r.provider} (${r.reason})`).join("; ")}`);
}
