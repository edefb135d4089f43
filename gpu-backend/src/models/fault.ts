/** Why a model is not served: one line for operators that names what is at fault and what to do about it. */
import { z } from "zod";

export class ModelFault extends Error {
  override readonly name = "ModelFault";

  constructor(fault: string, remedy: string, options?: ErrorOptions) {
    super(`${fault}; ${remedy}`.replace(/\s+/g, " "), options);
  }
}

/** @returns what an error says, in one line without its last full stop. */
export function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path.join(".") || "the document"}: ${message}`).join(", ");
  return (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ").replace(/[. ]+$/, "");
}

/** Does a step of opening a model; whatever goes wrong in it is blamed on `place`, unless a fault says better. */
export async function blaming<T>(place: string, remedy: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof ModelFault) throw cause;
    throw new ModelFault(`${place}: ${reasonOf(cause)}`, remedy, { cause });
  }
}
