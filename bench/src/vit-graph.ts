/**
 * The two towers of CLIP (Radford et al. 2021) as ONNX graphs with random weights. Source of the shapes and of every
 * operation: openai/CLIP, `clip/model.py`, and its ViT-B/32 checkpoint.
 */
import type { Graph } from "@sightline/shared/testing/onnx";
import { GraphBuilder } from "./graph-builder.ts";

interface Transformer {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

export interface ClipShape {
  readonly projection: number;
  readonly image: Transformer & { readonly size: number; readonly patch: number };
  readonly text: Transformer & { readonly context: number; readonly vocabulary: number };
}

export const VIT_B_32: ClipShape = {
  projection: 512,
  image: { size: 224, patch: 32, width: 768, layers: 12, heads: 12 },
  text: { context: 77, vocabulary: 49_408, width: 512, layers: 12, heads: 8 },
};

/** The names that Hugging Face's exports of CLIP have. */
export const TENSORS = {
  image: { input: "pixel_values", output: "image_embeds" },
  text: { input: "input_ids", output: "text_embeds" },
} as const;

/** float32 [batch, 3, size, size] → float32 [batch, projection], not normalised. */
export function imageTower({ image, projection }: ClipShape, seed: number): Graph {
  const { size, patch, width } = image;
  const { input, output } = TENSORS.image;
  const g = new GraphBuilder(seed);
  const patches = (size / patch) ** 2;

  const filtered = g.op("Conv", [input, g.random(width, 3, patch, patch)], {
    kernel_shape: [patch, patch],
    strides: [patch, patch],
  });
  const flat = g.op("Reshape", [filtered, g.integers(0, width, patches)]);
  const embedded = g.op("Transpose", [flat], { perm: [0, 2, 1] });
  const batch = g.op("Shape", [input], { start: 0, end: 1 });
  const oneEach = g.op("Concat", [batch, g.integers(1, width)], { axis: 0 });
  const classToken = g.op("Expand", [g.random(1, 1, width), oneEach]);
  const tokens = g.op("Concat", [classToken, embedded], { axis: 1 });
  const placed = layerNorm(g, g.op("Add", [tokens, g.random(patches + 1, width)]), width);

  const encoded = blocks(g, placed, image);
  const pooled = g.op("Squeeze", [
    g.op("Slice", [encoded, g.integers(0), g.integers(1), g.integers(1)]),
    g.integers(1),
  ]);
  const projected = g.op("MatMul", [layerNorm(g, pooled, width), g.random(width, projection)]);
  return g.build(
    { name: input, type: "float32", dims: ["batch", 3, size, size] },
    { name: output, type: "float32", dims: ["batch", projection] },
    projected,
  );
}

/** int64 [batch, sequence ≤ context] → float32 [batch, projection], not normalised. Read at each row's highest id. */
export function textTower({ text, projection }: ClipShape, seed: number): Graph {
  const { context, vocabulary, width } = text;
  const { input, output } = TENSORS.text;
  const g = new GraphBuilder(seed);
  const length = g.op("Shape", [input], { start: 1, end: 2 });

  const embedded = g.op("Gather", [g.random(vocabulary, width), input]);
  const places = g.op("Slice", [g.random(context, width), g.integers(0), length, g.integers(0)]);
  const rows = g.op("Slice", [causalMask(g, context), g.integers(0), length, g.integers(0)]);
  const mask = g.op("Slice", [rows, g.integers(0), length, g.integers(1)]);

  const encoded = layerNorm(g, blocks(g, g.op("Add", [embedded, places]), text, mask), width);
  const end = g.op("ArgMax", [input], { axis: 1, keepdims: 1 });
  const pooled = g.op("GatherND", [encoded, end], { batch_dims: 1 });
  const projected = g.op("MatMul", [pooled, g.random(width, projection)]);
  return g.build(
    { name: input, type: "int64", dims: ["batch", "sequence"] },
    { name: output, type: "float32", dims: ["batch", projection] },
    projected,
  );
}

/** Added to the attention scores, so that a token sees itself and what stands before it. */
function causalMask(g: GraphBuilder, context: number): string {
  const mask = Float32Array.from({ length: context * context }, (_, i) =>
    i % context > Math.floor(i / context) ? Number.NEGATIVE_INFINITY : 0,
  );
  return g.constant([context, context], mask);
}

function blocks(g: GraphBuilder, tokens: string, shape: Transformer, mask?: string): string {
  const { width, layers } = shape;
  let x = tokens;
  for (let layer = 0; layer < layers; layer++) {
    x = g.op("Add", [x, attention(g, layerNorm(g, x, width), shape, mask)]);
    x = g.op("Add", [x, perceptron(g, layerNorm(g, x, width), width)]);
  }
  return x;
}

function attention(g: GraphBuilder, x: string, { width, heads }: Transformer, mask?: string): string {
  const side = width / heads;
  const split = (perm: readonly number[]) =>
    g.op("Transpose", [g.op("Reshape", [linear(g, x, width, width), g.integers(0, 0, heads, side)])], { perm });
  const query = split([0, 2, 1, 3]);
  const key = split([0, 2, 3, 1]);
  const value = split([0, 2, 1, 3]);
  const scale = g.constant([1], Float32Array.of(side ** -0.5));
  const scores = g.op("MatMul", [g.op("Mul", [query, scale]), key]);
  const shares = g.op("Softmax", [mask === undefined ? scores : g.op("Add", [scores, mask])]);
  const mixed = g.op("Transpose", [g.op("MatMul", [shares, value])], { perm: [0, 2, 1, 3] });
  return linear(g, g.op("Reshape", [mixed, g.integers(0, 0, width)]), width, width);
}

/** With OpenAI's «quick» GELU, x · σ(1.702 x). */
function perceptron(g: GraphBuilder, x: string, width: number): string {
  const hidden = linear(g, x, width, 4 * width);
  const gate = g.op("Sigmoid", [g.op("Mul", [hidden, g.constant([1], Float32Array.of(1.702))])]);
  return linear(g, g.op("Mul", [hidden, gate]), 4 * width, width);
}

const linear = (g: GraphBuilder, x: string, from: number, to: number): string =>
  g.op("Add", [g.op("MatMul", [x, g.random(from, to)]), g.random(to)]);

function layerNorm(g: GraphBuilder, x: string, width: number): string {
  const one = g.constant([width], new Float32Array(width).fill(1));
  const zero = g.constant([width], new Float32Array(width));
  return g.op("LayerNormalization", [x, one, zero]);
}
