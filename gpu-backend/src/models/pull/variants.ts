/** Which files of a model belong to which variants. */
import { graphsOf, type Manifest, type ModelFile, Variant, withFiles } from "../manifest.ts";
import { UsageError } from "./errors.ts";

/** Smallest first: the one that a pull takes when it is not told. */
const BY_SIZE: readonly Variant[] = ["int8", "fp16", "fp32"];

/** All files that the manifest names, each once. */
export function filesOf(manifest: Manifest): readonly ModelFile[] {
  const files = [
    manifest.text.tokenizer,
    ...Object.values(graphsOf(manifest)).flatMap((graph) => Object.values(graph)),
  ];
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** The variants that every graph has. */
export function variantsOf(manifest: Manifest): readonly Variant[] {
  return BY_SIZE.filter((variant) => Object.values(graphsOf(manifest)).every((graph) => graph[variant]));
}

/** The same model with these variants alone. */
export function withVariants(manifest: Manifest, variants: readonly Variant[]): Manifest {
  return withFiles(manifest, (files) =>
    Object.fromEntries(Object.entries(files).filter(([variant]) => variants.includes(Variant.parse(variant)))),
  );
}

/**
 * @param asked none takes the smallest.
 * @throws UsageError if the model lacks one of them.
 */
export function chooseVariants(manifest: Manifest, asked: readonly Variant[]): readonly Variant[] {
  const all = variantsOf(manifest);
  const missing = asked.filter((variant) => !all.includes(variant));
  if (missing.length > 0) {
    throw new UsageError(`${manifest.id} has no ${missing.join(", ")}. It has: ${all.join(", ")}`);
  }
  return asked.length > 0 ? asked : all.slice(0, 1);
}

export const totalBytes = (files: readonly ModelFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
