import type { Examples } from "../example.ts";

export const month = {
  object: "usage",
  tenant: "orchard",
  plan: "standard",
  month: "2026-11",
  compute_units: 118,
  quota: { compute_units: 50_000_000, remaining: 49_999_882, resets_at: "2026-12-01T00:00:00.000Z" },
  days: [
    {
      date: "2026-11-21",
      requests: 12,
      compute_units: 118,
      work: { text: 9, image: 7, pair: 4, search: 5, write: 4, read: 8 },
    },
  ],
};

export const SERVICE: Examples = {
  health: { answer: { status: "ok" } },
  readiness: { answer: { status: "ok", components: { backend: "ok", redis: "ok" } } },
  listModels: {
    answer: {
      object: "list",
      data: [
        {
          id: "emoji-dual",
          object: "model",
          revision: "8",
          family: "clip",
          tasks: ["embeddings", "classify", "rank", "search"],
          default: true,
          description: "A small dual encoder of emoji and icons",
          license: "Apache-2.0",
          dims: 256,
          context_length: 40,
          image_size: 80,
        },
        {
          id: "emoji-entail",
          object: "model",
          revision: "2",
          family: "ofa",
          tasks: ["entailment"],
          default: true,
          description: "Whether a sentence about a drawing is true",
          license: "Apache-2.0",
          dims: null,
          context_length: 256,
          image_size: 480,
        },
      ],
    },
  },
  getUsage: { query: { month: "2026-11" }, answer: month },
};
