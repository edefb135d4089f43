/** What tests of refused models share: a good model beside a bad one, and what the reasons end with. */
import { expect } from "vitest";
import { loadRegistry, type RegistryOptions } from "../models/registry.ts";
import { registryOptions } from "./registry-options.ts";

export const MANIFEST_REMEDY = "; correct it, or pull the model again";
export const FILE_REMEDY = "; pull the model again";

/** A test case: how the folder `bad` is made, and what is said of it. */
export type RefusalCase = readonly [what: string, arrange: () => Promise<unknown>, reason: RegExp, remedy: string];

/** Loads the model `good` beside the one in the folder `bad`. @returns the reason why that one was refused, and it alone. */
export async function reasonBesideAGoodOne(
  modelsDir: string,
  options: Partial<RegistryOptions> = {},
): Promise<string | undefined> {
  const registry = await loadRegistry({ ...registryOptions(modelsDir), ...options });
  try {
    expect([...registry.models.keys()]).toEqual(["good@1"]);
    expect(registry.refused.map((r) => r.id)).toEqual(["bad"]);
    return registry.refused[0]?.reason;
  } finally {
    await registry.close();
  }
}
