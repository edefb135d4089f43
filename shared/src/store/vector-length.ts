/** The check of a vector's length, the same in every adapter: before anything is sent or written. */
import { ApiError } from "../errors.ts";
import type { VectorSpace } from "./port.ts";

/** @throws ApiError(vector_invalid) */
export function checkLength(space: VectorSpace, vector: Float32Array): void {
  if (vector.length === space.dims) return;
  throw new ApiError("vector_invalid", {
    message: `The vector has ${vector.length} dimensions, the model ${space.dims}.`,
  });
}
