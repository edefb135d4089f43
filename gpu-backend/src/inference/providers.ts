/**
 * Which execution provider runs a session. onnxruntime-node neither falls back by itself nor tells why a provider is
 * missing, so each one of an ordered list is tried by opening the session with it and nothing that could stand in for it.
 */
import { z } from "zod";

export const Provider = z.enum(["tensorrt", "cuda", "webgpu", "coreml", "cpu"]);
export type Provider = z.infer<typeof Provider>;

/**
 * What a session's options name, in order. ONNX Runtime gives the nodes that TensorRT leaves to the next, and adds the CPU
 * alone by itself: https://onnxruntime.ai/docs/execution-providers/TensorRT-ExecutionProvider.html
 */
export const registeredFor = (provider: Provider): readonly Provider[] =>
  provider === "tensorrt" ? ["tensorrt", "cuda"] : [provider];

/** What was chosen, and why each provider before it was not: for the log and `/readyz`. */
export interface ProviderChoice {
  readonly chosen: Provider;
  readonly refused: readonly { readonly provider: Provider; readonly reason: string }[];
}

/**
 * Opens something with the first provider that can.
 * @param wanted in order of preference.
 * @throws Error with every reason if none can; the error itself where it is the same with all, for then it is no provider's.
 */
export async function openWithFirst<S>(
  wanted: readonly Provider[],
  open: (provider: Provider) => Promise<S>,
): Promise<{ readonly opened: S; readonly choice: ProviderChoice }> {
  const refused: { provider: Provider; reason: string }[] = [];
  const errors = new Map<string, unknown>();
  for (const provider of wanted) {
    try {
      return { opened: await open(provider), choice: { chosen: provider, refused } };
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).trim();
      refused.push({ provider, reason });
      errors.set(reason, error);
    }
  }
  const [fault] = errors.values();
  if (errors.size === 1) throw fault;
  throw new Error(`no execution provider works: ${refused.map((r) => `${r.provider} (${r.reason})`).join("; ")}`);
}
