/** «Not this»: takes out of a query what it shares with other vectors. */
import { dot, normalise } from "@sightline/shared/vectors";

/** A query of which less than this is left means nothing any more. */
const LEAST_REST = 0.05;

/**
 * The part of the query that is orthogonal to all negatives, of length 1. Source: Widdows, "Orthogonal negation in vector
 * spaces for modelling word-meanings and document retrieval" (ACL 2003); several negatives by Gram–Schmidt.
 *
 * @param query L2-normalised; left as it is.
 * @param negatives L2-normalised, of the same length.
 * @returns undefined where the query is (nearly) nothing but what the negatives are.
 */
export function without(query: Float32Array, negatives: readonly Float32Array[]): Float32Array | undefined {
  const axes: Float32Array[] = [];
  for (const negative of negatives) {
    const axis = reject(negative, axes);
    // One that the others say already adds no direction.
    if (normalise(axis) > LEAST_REST) axes.push(axis);
  }
  const rest = reject(query, axes);
  return normalise(rest) > LEAST_REST ? rest : undefined;
}

/** @returns a copy of the vector without its parts along the axes, which are orthonormal. */
function reject(vector: Float32Array, axes: readonly Float32Array[]): Float32Array {
  const rest = vector.slice();
  for (const axis of axes) {
    const share = dot(rest, axis);
    for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] ?? 0) - share * (axis[i] ?? 0);
  }
  return rest;
}
