/** Seeded pseudo-random numbers: every run measures the same weights and the same pictures. */

/** mulberry32. @returns a function that gives uniform values in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Uniform values of mean 0 and the given standard deviation. */
export function randomValues(length: number, deviation: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const reach = deviation * Math.sqrt(3);
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = (2 * random() - 1) * reach;
  return values;
}
