import { APPLE, type Examples } from "../example.ts";

const usage = { prompt_tokens: 12, total_tokens: 12, images: 1 };

export const INFERENCE: Examples = {
  createEmbeddings: {
    bodies: {
      "A text and a picture": { input: ["a red apple", { image: APPLE }] },
      "As OpenAI's clients ask": {
        model: "emoji-dual",
        input: ["a red apple", "a steam train"],
        encoding_format: "base64",
      },
    },
    answer: {
      object: "list",
      model: "emoji-dual",
      data: [
        { object: "embedding", index: 0, embedding: [0.0612, -0.0274, 0.1093] },
        { object: "embedding", index: 1, embedding: [0.0433, -0.0518, 0.0871] },
      ],
      usage,
    },
  },
  classify: {
    bodies: {
      "A picture": { input: { image: APPLE }, labels: ["apple", "steam train"], template: "a picture of a {}" },
      "Several texts": { input: ["a juicy fruit", "it runs on rails"], labels: ["apple", "steam train"] },
      "Prompts of your own": {
        input: { image: APPLE },
        labels: [
          { label: "fruit", prompts: ["an apple", "a pear", "a bunch of grapes"] },
          { label: "vehicle", prompts: ["a car", "a train"] },
        ],
      },
    },
    answer: {
      model: "emoji-dual",
      data: [
        {
          index: 0,
          labels: [
            { label: "apple", score: 0.9876, cosine: 0.4127 },
            { label: "steam train", score: 0.0124, cosine: 0.1532 },
          ],
        },
      ],
      usage,
    },
  },
  rank: {
    bodies: {
      "Sentences by a picture": { query: { image: APPLE }, candidates: ["a steam train", "a red apple"] },
      "The best of several": { query: "something to eat", candidates: [{ image: APPLE }, "a steam train"], top_k: 1 },
    },
    answer: {
      model: "emoji-dual",
      results: [
        { index: 1, score: 0.9917, cosine: 0.4268 },
        { index: 0, score: 0.0083, cosine: 0.1446 },
      ],
      usage,
    },
  },
  entail: {
    bodies: {
      "A picture and a sentence": { image: APPLE, hypothesis: "it is red" },
      "With a second premise": { image: APPLE, hypothesis: "it is ripe", caption: "picked this morning" },
      "Several pairs": {
        pairs: [
          { image: APPLE, hypothesis: "it is red" },
          { image: APPLE, hypothesis: "it is blue" },
        ],
      },
    },
    answer: {
      model: "emoji-entail",
      label: "yes",
      confidence: 0.9312,
      scores: { yes: 0.9312, no: 0.0217, maybe: 0.0471 },
      usage: { prompt_tokens: 18, total_tokens: 18, images: 1 },
    },
  },
};
