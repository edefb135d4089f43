/** A graph's probabilities as they are answered. */

/** Half precision sums up to 1 ± 0.002. */
const TOLERANCE = 0.01;

/**
 * Softens or sharpens probabilities: the softmax of their logits divided by a temperature. Source: Guo et al., "On
 * Calibration of Modern Neural Networks" (2017), §4.2; logits that differ by a constant are the same logits, and so
 * the probabilities' logarithms serve.
 * @param temperature 1 leaves them as they are. @returns a new array; the order of its values is the same.
 * @throws Error if they are no probabilities.
 */
export function tempered(scores: Float32Array, temperature: number): Float32Array {
  const sum = scores.reduce((total, score) => total + score, 0);
  if (!(Math.abs(sum - 1) <= TOLERANCE && scores.every((score) => score >= 0)))
    throw new Error(`the model gave [${scores.join(", ")}], which are no probabilities`);
  const powers = temperature === 1 ? [...scores] : Array.from(scores, (score) => score ** (1 / temperature));
  const total = powers.reduce((a, b) => a + b, 0);
  return Float32Array.from(powers, (power) => power / total);
}
