/**
 * A full-size CLIP ViT-B/32 with generated weights, as models/export writes it, and the vectors that open_clip gives for
 * it. Made by models/export/fixtures.py. Its vectors mean nothing, but they tell inputs apart.
 */
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { z } from "zod";
import type { Feed, SessionSpec } from "../inference/session-protocol.ts";
import type { Variant } from "../models/manifest.ts";
import { GeneratedWeights, weightBytes } from "./generated-weights.ts";

const FIXTURES = new URL("../../fixtures/towers/", import.meta.url);

const PerChannel = z.tuple([z.number(), z.number(), z.number()]);
const Vectors = z.array(
  z.base64().transform((text) => new Float32Array(Uint8Array.from(Buffer.from(text, "base64")).buffer)),
);

const Description = GeneratedWeights.extend({
  mean: PerChannel,
  std: PerChannel,
  /** Ids of a few texts, special tokens included. */
  tokens: z.array(z.array(z.int())),
  /** What open_clip gives for `picture(0)`, `picture(1)` … and for `tokens`: length 1. */
  image: Vectors,
  text: Vectors,
});

const VIT_B_32 = { size: 224, dims: 512, contextLength: 77 } as const;

const unzipped = async (name: string) => promisify(gunzip)(await readFile(new URL(name, FIXTURES)));

export async function describeVitB32(): Promise<z.infer<typeof Description>> {
  return Description.parse(JSON.parse((await unzipped("vit-b-32.json.gz")).toString()));
}

/** `image-bytes`: the image tower that takes bytes and normalises them itself. */
export type Tower = "image" | "image-bytes" | "text";

/**
 * Writes one tower, its graph and its weights (100 to 350 MB), into `folder`.
 * @returns what a session of it is opened with: rows are 224² · 3 RGB bytes, or token ids.
 */
export async function writeVitB32(folder: string, tower: Tower, variant: Variant = "fp32"): Promise<SessionSpec> {
  const { recipes, graphs, mean, std } = await describeVitB32();
  const file = join(folder, `${tower}.${variant}.onnx`);
  await writeFile(file, await unzipped(`vit-b-32.${tower}.${variant}.onnx.gz`));
  // The graph names this file, beside it, and the places in it.
  await using weights = await open(join(folder, `${tower}.${variant}.bin`), "w");
  for (const stored of graphs[`${tower}.${variant}`] ?? []) await weights.writeFile(weightBytes(stored, recipes));
  const { size, dims, contextLength } = VIT_B_32;
  const feeds: Record<Tower, Feed> = {
    image: { kind: "pixels", size, mean, std },
    "image-bytes": { kind: "pixel-bytes", size },
    text: { kind: "tokens", padId: 0, contextLength },
  };
  return {
    file,
    input: tower === "text" ? "input_ids" : "pixel_values",
    output: tower === "text" ? "text_embeds" : "image_embeds",
    dims,
    feed: feeds[tower],
    providers: ["cpu"],
    threads: 2,
  };
}

/** The k-th of the pictures that the reference vectors are of: stripes, waves and blocks of colour. RGB bytes. */
export function picture(k: number): Uint8Array {
  const { size } = VIT_B_32;
  const rgb = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++)
      for (let c = 0; c < 3; c++) {
        const stripes = Math.floor((x * (1 + 3 * k) + y * (7 - k)) / 2);
        rgb[(y * size + x) * 3 + c] = stripes + Math.floor((x * y) / (16 + 8 * k)) * (c + (k % 3)) + c * 60 * k;
      }
  return rgb;
}
