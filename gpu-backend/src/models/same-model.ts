/** What may change in the manifest of a model that is being served: the variants that are not loaded may come and go. */
import { isDeepStrictEqual } from "node:util";
import { ModelFault } from "./fault.ts";
import { graphsOf, type Manifest, type Variant, withFiles } from "./manifest.ts";
import { MANIFEST } from "./model-folders.ts";

interface Loaded {
  readonly manifest: Manifest;
  /** By graph. */
  readonly variants: Readonly<Record<string, Variant>>;
}

/** @throws ModelFault if the manifest, of the revision that is loaded, is not of the files that are, or describes them otherwise. */
export function requireSame(manifest: Manifest, { manifest: loaded, variants }: Loaded): void {
  const files = graphsOf(manifest);
  for (const [graph, variant] of Object.entries(variants)) {
    if (files[graph]?.[variant]) continue;
    throw new ModelFault(
      `the ${graph} graph is being served as ${variant}, which ${MANIFEST} does not list any more`,
      "restart the server, which then takes what is left, or pull that variant again",
    );
  }
  if (isDeepStrictEqual(ofVariants(manifest, variants), ofVariants(loaded, variants))) return;
  throw new ModelFault(
    `revision "${manifest.revision}" is being served with another ${MANIFEST}, and a revision does not change`,
    "give the new files another revision",
  );
}

const ofVariants = (manifest: Manifest, variants: Loaded["variants"]): Manifest =>
  withFiles(manifest, (files, graph) =>
    Object.fromEntries(Object.entries(files).filter(([variant]) => variant === variants[graph])),
  );
