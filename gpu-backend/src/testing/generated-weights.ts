/**
 * Weights out of a formula, the same bit for bit as models/export/clip_export/weights.py makes: a full-size model can be
 * tested without its hundreds of megabytes in the repository.
 */
import { z } from "zod";

/** Values are spread evenly over [centre − reach, centre + reach). */
const Recipe = z.object({ seed: z.int(), shape: z.array(z.int()), centre: z.number(), reach: z.number() });
export type Recipe = z.infer<typeof Recipe>;

/** A weight of a graph: its recipe's values, turned or not, and how they are written. */
const Stored = z.object({
  recipe: z.string(),
  /** Of the recipe's matrix; of what is rounded, where the weight is. */
  transposed: z.boolean(),
  as: z.enum(["float32", "float16", "int8", "scale"]),
  /** Values that are rounded to 8 bits with one scale. */
  run: z.int().optional(),
  /** Rounded along one axis, and stored along the other. */
  turnedBack: z.boolean().optional(),
  bytes: z.int(),
});
export type Stored = z.infer<typeof Stored>;

export const GeneratedWeights = z.object({
  recipes: z.record(z.string(), Recipe),
  graphs: z.record(z.string(), z.array(Stored)),
});

/** murmur3's finaliser over seed + index · golden ratio; 24 of its bits are exact in float32. */
function make({ seed, shape, centre, reach }: Recipe): Float32Array<ArrayBuffer> {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  const unit = reach / 2 ** 23;
  for (let index = 0; index < values.length; index++) {
    let bits = (Math.imul(index, 0x9e3779b1) + seed) | 0;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    values[index] = ((bits ^ (bits >>> 16)) >> 8) * unit + centre;
  }
  return values;
}

/** @returns the transpose of a row-major matrix of `columns` columns. */
function transpose<T extends Float32Array<ArrayBuffer> | Int8Array<ArrayBuffer>>(matrix: T, columns: number): T {
  const turned = matrix.slice() as T;
  const rows = matrix.length / columns;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = matrix[row * columns + column] as number;
  return turned;
}

/** Symmetric rounding to 8 bits, one scale for each run of values. */
function round(values: Float32Array, run: number) {
  const rounded = new Int8Array(values.length);
  const scales = new Float32Array(values.length / run);
  for (let at = 0; at < values.length; at += run) {
    let most = 0;
    for (let i = at; i < at + run; i++) most = Math.max(most, Math.abs(values[i] as number));
    const scale = Math.fround(most / 127);
    scales[at / run] = scale;
    for (let i = at; i < at + run; i++) rounded[i] = Math.round((values[i] as number) / scale);
  }
  return { rounded, scales };
}

/** @returns the bytes of the weight as they lie in the graph's file of weights. @throws Error if they are not as many as said. */
export function weightBytes(stored: Stored, recipes: Readonly<Record<string, Recipe>>): Uint8Array {
  const recipe = recipes[stored.recipe];
  if (!recipe) throw new Error(`there is no recipe ${stored.recipe}`);
  const columns = recipe.shape.at(-1) ?? 1;
  const values = stored.transposed ? transpose(make(recipe), columns) : make(recipe);
  // The width of `values` when it was turned: the recipe's rows.
  const width = stored.transposed ? values.length / columns : columns;
  const written = write(values, width, stored);
  const bytes = new Uint8Array(written.buffer, written.byteOffset, written.byteLength);
  if (bytes.length !== stored.bytes)
    throw new Error(`${stored.recipe} has ${bytes.length} bytes as ${stored.as}, not ${stored.bytes}`);
  return bytes;
}

function write(values: Float32Array<ArrayBuffer>, width: number, { as, run = width, turnedBack }: Stored) {
  if (as === "float32") return values;
  if (as === "float16") return new Float16Array(values);
  const { rounded, scales } = round(values, run);
  if (as === "scale") return scales;
  return turnedBack ? transpose(rounded, width) : rounded;
}
