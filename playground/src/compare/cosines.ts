/** Cosines of every picture with every sentence, and how dark each cell of their table is. */
import type { EmbeddingsResponse } from "@sightline/shared/api/inference";

/** Rows are pictures, columns sentences; cosines from -1 to 1. */
export type Matrix = readonly (readonly number[])[];

/**
 * @param response to an input of all pictures and then all sentences, with vectors as numbers, which are L2-normalised.
 * @param pictures how many of the inputs are pictures.
 */
export function cosines({ data }: EmbeddingsResponse, pictures: number): Matrix {
  const vectors = data.map(({ embedding }) => (typeof embedding === "string" ? [] : embedding));
  return vectors.slice(0, pictures).map((picture) => vectors.slice(pictures).map((sentence) => dot(picture, sentence)));
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

/**
 * 0 for the smallest of the table, 1 for the largest: cosines of one model lie close together, and only their differences
 * tell something. A table of one value is wholly dark.
 */
export function shades(matrix: Matrix): Matrix {
  const all = matrix.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return matrix.map((row) => row.map((value) => (high > low ? (value - low) / (high - low) : 1)));
}
