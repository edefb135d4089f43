import { APPLE, type Examples } from "../example.ts";

const shop = {
  name: "shop",
  model: "emoji-dual",
  revision: "8",
  description: "our catalogue",
  pictures: true,
  created_at: "2026-11-21T09:00:00.000Z",
};
const items = { text: 1, image: 1, total: 2 };
const train = {
  id: "sku-2",
  modality: "text",
  metadata: { colour: "black", price: 20 },
  text: "a steam train of tin",
};
const apple = { id: "sku-1", modality: "image", metadata: { colour: "red", price: 3 } };

export const COLLECTIONS: Examples = {
  putCollection: {
    params: { name: "shop" },
    bodies: {
      "With the default model": { description: "our catalogue" },
      "With a model that is named": { model: "emoji-dual", description: "our catalogue" },
    },
    answer: { ...shop, items: { text: 0, image: 0, total: 0 } },
  },
  listCollections: { answer: { object: "list", data: [shop] } },
  getCollection: { params: { name: "shop" }, answer: { ...shop, items } },
  deleteCollection: { params: { name: "shop" }, answer: { deleted: 2 } },
  putItems: {
    params: { name: "shop" },
    bodies: {
      "A picture and a text, one of them wrong": {
        items: [
          { id: "sku-1", image: APPLE, metadata: { colour: "red", price: 3 } },
          { id: "sku-2", text: "a steam train of tin", metadata: { colour: "black", price: 20 } },
          { id: "sku-3", image: "aGVsbG8=" },
        ],
      },
    },
    answer: {
      succeeded: 2,
      failed: 1,
      results: [
        { id: "sku-1", status: "stored" },
        { id: "sku-2", status: "stored" },
        {
          id: "sku-3",
          status: "failed",
          error: {
            code: "image_format_unsupported",
            message: "The bytes are not an image of an accepted format.",
            param: "items[2].image",
          },
        },
      ],
    },
  },
  listItems: {
    params: { name: "shop" },
    query: { limit: "50" },
    answer: { object: "list", data: [apple, train], next_cursor: null },
  },
  getItem: {
    params: { name: "shop", id: "sku-1" },
    answer: { ...apple, embedding: [0.0433, -0.0518, 0.0871] },
  },
  getItemImage: { params: { name: "shop", id: "sku-1" }, answer: "the bytes of a WebP file" },
  deleteItem: { params: { name: "shop", id: "sku-2" }, answer: { deleted: 1 } },
  deleteItems: {
    params: { name: "shop" },
    bodies: {
      "By their ids": { ids: ["sku-1", "sku-2"] },
      "By their metadata": { filter: { field: "price", gt: 100 } },
    },
    answer: { deleted: 2 },
  },
  search: {
    params: { name: "shop" },
    bodies: {
      "By words": { query: "something to eat", top_k: 1 },
      "By a picture, among the cheap ones": { query: { image: APPLE }, filter: { field: "price", lt: 5 } },
      "Like a stored item": { query: { id: "sku-1" } },
      "Words and a picture together, not this": {
        query: ["red", { image: APPLE }],
        negative: ["a train"],
        filter: { all: [{ field: "colour", eq: "red" }], not: [{ field: "sold", eq: true }] },
      },
      "Pictures that show it": { query: "a red apple", modality: "image", rerank: { type: "entailment" }, top_k: 8 },
    },
    answer: {
      results: [{ id: "sku-1", score: 0.3912, modality: "image", metadata: { colour: "red", price: 3 } }],
    },
  },
};
