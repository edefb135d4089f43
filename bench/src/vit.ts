/** The model that is measured: CLIP ViT-B/32 with random weights, written once into an ignored folder (0.6 GB). */
import { createHash } from "node:crypto";
import { access, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Graph, onnxChunks } from "@sightline/shared/testing/onnx";
import type { BenchOptions } from "./bench.ts";
import { CACHE } from "./paths.ts";
import { byteTokenizer } from "./tokenizer.ts";
import { type ClipShape, imageTower, TENSORS, textTower, VIT_B_32 } from "./vit-graph.ts";

/** Part of the folder's name: raise it with every change of what is written. */
const REVISION = 1;
const ID = "clip-vit-b-32-random";

/** CLIP's own statistics of its training pictures. */
const MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
const DEVIATION = [0.26862954, 0.26130258, 0.27577711] as const;

/** Where transformers.js looks for a tower: one folder serves our registry and the peer. */
const FILES = { image: "onnx/vision_model.onnx", text: "onnx/text_model.onnx", tokenizer: "tokenizer.json" } as const;

export interface VitModel {
  readonly id: string;
  readonly revision: string;
  /** The folder that holds the model's folder. */
  readonly modelsDir: string;
  readonly folder: string;
  readonly imageTower: string;
  readonly imageSize: number;
}

/** Writes the model unless an earlier run has. */
export async function vitModel({ say }: Pick<BenchOptions, "say">): Promise<VitModel> {
  const modelsDir = join(CACHE, `models-${REVISION}`);
  const folder = join(modelsDir, ID);
  const written = await access(folder).then(
    () => true,
    () => false,
  );
  if (!written) {
    say("writing a model of CLIP ViT-B/32's shape with random weights (once)…");
    // Another name until it is whole: an interrupted run leaves nothing that looks like a model.
    const unfinished = join(CACHE, "unfinished");
    await writeModel(unfinished, VIT_B_32);
    await mkdir(modelsDir, { recursive: true });
    await rename(unfinished, folder);
  }
  const revision = String(REVISION);
  return {
    id: ID,
    revision,
    modelsDir,
    folder,
    imageTower: join(folder, FILES.image),
    imageSize: VIT_B_32.image.size,
  };
}

async function writeModel(folder: string, shape: ClipShape): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const graph = async (path: string, tower: Graph) => writeHashed(folder, path, onnxChunks(tower));
  const json = (path: string, value: unknown) => writeHashed(folder, path, [Buffer.from(JSON.stringify(value))]);

  const image = await graph(FILES.image, imageTower(shape, 1));
  const text = await graph(FILES.text, textTower(shape, 1001));
  const tokenizer = await json(FILES.tokenizer, byteTokenizer(shape.text.vocabulary));
  await json("manifest.json", {
    id: ID,
    revision: String(REVISION),
    family: "clip",
    description: "CLIP ViT-B/32's shape with random weights, for benchmarks.",
    license: "Apache-2.0",
    source: "made by bench/src/vit.ts",
    dims: shape.projection,
    logit_scale: 100,
    default_template: "a photo of a {}.",
    image: {
      size: shape.image.size,
      resize: "shortest",
      interpolation: "bicubic",
      mean: MEAN,
      std: DEVIATION,
      ...TENSORS.image,
      files: { fp32: image },
    },
    text: { context_length: shape.text.context, pad_id: 0, tokenizer, ...TENSORS.text, files: { fp32: text } },
  });
  await json("config.json", { model_type: "clip" });
  await json("preprocessor_config.json", preprocessorConfig(shape.image.size));
}

/** The pre-processing of `openai/clip-vit-base-patch32` on Hugging Face, which is also the manifest's. */
const preprocessorConfig = (size: number) => ({
  image_processor_type: "CLIPImageProcessor",
  do_resize: true,
  size: { shortest_edge: size },
  resample: 3,
  do_center_crop: true,
  crop_size: { height: size, width: size },
  do_convert_rgb: true,
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: MEAN,
  image_std: DEVIATION,
});

/** @returns the file's entry in a manifest. */
async function writeHashed(folder: string, path: string, chunks: Iterable<Uint8Array>) {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  const hash = createHash("sha256");
  let bytes = 0;
  await using file = await open(target, "w");
  for (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    await file.writeFile(chunk);
  }
  return { path, bytes, sha256: hash.digest("hex") };
}
