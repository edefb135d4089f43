/** `models list`: what is here, and what could be. */
import type { Manifest, Variant } from "../manifest.ts";
import { formatBytes } from "../pull/format.ts";
import { type Installed, readInstalled } from "../pull/installed.ts";
import { filesOf, totalBytes, variantsOf, withVariants } from "../pull/variants.ts";
import { table } from "./table.ts";

type State = "built in" | "installed" | "incomplete" | "damaged" | "available";

/** One line of the list. What only a manifest tells is missing where there is none. */
export interface ListedModel {
  readonly id: string;
  readonly revision?: string;
  readonly state: State;
  /** Bytes of each variant with its tokenizer: of what there is, or of what there is to pull. */
  readonly variants?: { readonly [variant in Variant]?: number };
  readonly license?: string;
  readonly folder?: string;
  /** What is wrong with it. */
  readonly problem?: string;
}

export interface ListOptions {
  readonly builtInDir: string;
  readonly dir: string;
  readonly catalogue: ReadonlyMap<string, Manifest>;
}

export async function listModels({ builtInDir, dir, catalogue }: ListOptions): Promise<readonly ListedModel[]> {
  const here = [
    ...rowsOf(await readInstalled(builtInDir), "built in"),
    ...rowsOf(await readInstalled(dir), "installed"),
  ];
  const isHere = (m: Manifest) => here.some(({ id, revision }) => id === m.id && revision === m.revision);
  const available = [...catalogue.values()].filter((manifest) => !isHere(manifest));
  return [...here, ...available.map((manifest) => ({ ...describe(manifest), state: "available" as const }))];
}

function rowsOf({ models, incomplete, unreadable }: Installed, whole: State): readonly ListedModel[] {
  return [
    ...models.map(({ manifest, folder, damage }) =>
      damage === undefined
        ? { ...describe(manifest), state: whole, folder }
        : { ...describe(manifest), state: "damaged" as const, folder, problem: damage },
    ),
    ...unreadable.map(({ name, folder, reason }) => ({
      id: name,
      state: "damaged" as const,
      folder,
      problem: reason,
    })),
    ...incomplete.map(({ name, folder }) => ({
      id: name,
      state: "incomplete" as const,
      folder,
      problem: "its pull has not ended: pull it again to go on",
    })),
  ];
}

function describe(manifest: Manifest): Pick<ListedModel, "id" | "revision" | "variants" | "license"> {
  const sizes = variantsOf(manifest).map((v) => [v, totalBytes(filesOf(withVariants(manifest, [v])))] as const);
  const { id, revision, license } = manifest;
  return { id, revision, license, variants: Object.fromEntries(sizes) };
}

export function formatList(models: readonly ListedModel[]): string {
  return table(
    ["MODEL", "REVISION", "STATE", "VARIANTS", "LICENCE"],
    models.map(({ id, revision = "", state, variants = {}, license = "", problem }) => [
      id,
      // As much of a commit as people compare.
      revision.slice(0, 12),
      problem === undefined ? state : `${state}: ${problem}`,
      Object.entries(variants)
        .map(([variant, bytes]) => `${variant} ${formatBytes(bytes)}`)
        .join(", "),
      license,
    ]),
  );
}
