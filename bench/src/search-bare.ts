/** The ceiling: the vector library and the runtime alone, without scopes, filters, metadata or a server around them. */
import { join } from "node:path";
import { ZVecCollectionSchema, ZVecCreateAndOpen, ZVecDataType, ZVecIndexType, ZVecMetricType } from "@zvec/zvec";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { temporaryFolder } from "./leftovers.ts";

export interface BareIndex extends AsyncDisposable {
  add(vectors: readonly Float32Array[]): void;
  /** @returns ids of the nearest, best first. */
  search(vector: Float32Array, topK: number): Promise<readonly string[]>;
}

/** A flat index by inner product, as the embedded store has it. Ids are places in the order of adding. */
export async function openBareIndex(dims: number): Promise<BareIndex> {
  const folder = await temporaryFolder();
  const schema = new ZVecCollectionSchema({
    name: "bare",
    vectors: {
      name: "vector",
      dataType: ZVecDataType.VECTOR_FP32,
      dimension: dims,
      indexParams: { indexType: ZVecIndexType.FLAT, metricType: ZVecMetricType.IP },
    },
    fields: [],
  });
  const collection = ZVecCreateAndOpen(join(folder.path, "index"), schema);
  let count = 0;
  return {
    add(vectors) {
      collection.upsertSync(vectors.map((vector) => ({ id: String(count++), vectors: { vector }, fields: {} })));
    },
    async search(vector, topK) {
      const found = await collection.query({ fieldName: "vector", vector, topk: topK, outputFields: [] });
      return found.map(({ id }) => id);
    },
    async [Symbol.asyncDispose]() {
      collection.closeSync();
      folder[Symbol.dispose]();
    },
  };
}

export interface BareTextTower extends AsyncDisposable {
  /** One text of so many tokens. */
  encode(tokens: number): Promise<void>;
}

/** @param threads intra-op. */
export async function openBareTextTower(file: string, input: string, threads: number): Promise<BareTextTower> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads });
  return {
    async encode(tokens) {
      const ids = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(i + 2));
      await session.run({ [input]: new Tensor("int64", ids, [1, tokens]) });
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}
