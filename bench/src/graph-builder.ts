/** Writes an ONNX graph as calls: each operation gives the name of its output, each weight is drawn when it is written. */
import type { Graph, Node, Port, Weight } from "@sightline/shared/testing/onnx";
import { randomValues } from "./random.ts";

/** CLIP's own order of magnitude; any other keeps the arithmetic, and thus the time, the same. */
const DEVIATION = 0.02;

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #weights: Weight[] = [];
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** @returns the name of the output. */
  op(op: string, inputs: readonly string[], attributes: Node["attributes"] = {}): string {
    const output = `${op}_${this.#nodes.length}`;
    this.#nodes.push({ op, inputs, output, attributes });
    return output;
  }

  random(...dims: readonly number[]): string {
    const seed = this.#seed++;
    const length = dims.reduce((product, dim) => product * dim, 1);
    return this.#add(dims, () => randomValues(length, DEVIATION, seed));
  }

  constant(dims: readonly number[], data: Float32Array): string {
    return this.#add(dims, data);
  }

  /** A list of integers: shapes, axes, bounds. */
  integers(...values: readonly number[]): string {
    return this.#add([values.length], BigInt64Array.from(values, BigInt));
  }

  /** @param result the output's name until now, which the graph then gives as `output.name`. */
  build(input: Port, output: Port, result: string): Graph {
    const last: Node = { op: "Identity", inputs: [result], output: output.name };
    return { nodes: [...this.#nodes, last], weights: this.#weights, inputs: [input], outputs: [output] };
  }

  #add(dims: readonly number[], data: Weight["data"]): string {
    const name = `weight_${this.#weights.length}`;
    this.#weights.push({ name, dims, data });
    return name;
  }
}
