import { onnxModel } from "@sightline/shared/testing/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { randomValues } from "./random.ts";
import { type ClipShape, imageTower, TENSORS, textTower, VIT_B_32 } from "./vit-graph.ts";

const SMALL: ClipShape = {
  projection: 8,
  image: { size: 16, patch: 8, width: 32, layers: 2, heads: 4 },
  text: { context: 7, vocabulary: 20, width: 16, layers: 2, heads: 2 },
};

async function rowsOf(tensor: Tensor | undefined): Promise<Float32Array[]> {
  const [rows = 0, dims = 0] = tensor?.dims ?? [];
  const flat = (await tensor?.getData()) as Float32Array;
  return Array.from({ length: rows }, (_, row) => flat.slice(row * dims, (row + 1) * dims));
}

async function embedPixels(session: InferenceSession, images: readonly Float32Array[]) {
  const pixels = Float32Array.from(images.flatMap((image) => [...image]));
  const feed = { [TENSORS.image.input]: new Tensor("float32", pixels, [images.length, 3, 16, 16]) };
  return rowsOf((await session.run(feed))[TENSORS.image.output]);
}

async function embedIds(session: InferenceSession, rows: readonly (readonly number[])[]) {
  const ids = BigInt64Array.from(rows.flat(), BigInt);
  const feed = { [TENSORS.text.input]: new Tensor("int64", ids, [rows.length, rows[0]!.length]) };
  return rowsOf((await session.run(feed))[TENSORS.text.output]);
}

const closeTo = (a: Float32Array, b: Float32Array) => {
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, 5);
};

describe("the image tower", () => {
  it("gives a picture the same vector alone and in a batch, and other pictures others", async () => {
    const session = await InferenceSession.create(onnxModel(imageTower(SMALL, 1)));
    const images = [1, 2, 3].map((seed) => randomValues(3 * 16 * 16, 1, seed));
    const together = await embedPixels(session, images);
    expect(together.map((row) => row.length)).toEqual([8, 8, 8]);
    for (const [i, image] of images.entries()) closeTo((await embedPixels(session, [image]))[0]!, together[i]!);
    expect(together[0]).not.toEqual(together[1]);
    expect(together.flatMap((row) => [...row]).every(Number.isFinite)).toBe(true);
  });
});

describe("the text tower", () => {
  it("reads at the highest id: what stands behind it changes nothing, what stands before it does", async () => {
    const session = await InferenceSession.create(onnxModel(textTower(SMALL, 1)));
    const [short] = await embedIds(session, [[1, 5, 19]]);
    const [padded, other] = await embedIds(session, [
      [1, 5, 19, 0, 0, 0, 0],
      [1, 6, 19, 0, 0, 0, 0],
    ]);
    closeTo(padded!, short!);
    expect(other).not.toEqual(padded);
  });
});

it("has as many parameters as OpenAI's ViT-B/32", () => {
  // 151 277 313 is the count of the checkpoint; one of them is the logit scale, which lies in the manifest.
  const graphs = [imageTower(VIT_B_32, 1), textTower(VIT_B_32, 1)];
  const parameters = graphs
    .flatMap((graph) => graph.weights)
    .filter(({ dims, data }) => !(data instanceof BigInt64Array) && dims.join() !== "1" && dims.join() !== "77,77")
    .reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
  expect(parameters).toBe(151_277_312);
});
