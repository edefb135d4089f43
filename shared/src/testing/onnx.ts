/** Just enough of ONNX's protobuf to write a graph, so that tests and benchmarks need neither Python nor committed binaries. */

const VARINT = 0;
const BYTES = 2;

/** Field numbers and enum values are those of onnx/onnx.proto3. */
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;
const ELEMENT = { float32: 1, uint8: 2, int64: 7 } as const;

/** Opset 17 is IR version 8. */
const OPSET = 17;
const IR_VERSION = 8;

/** Bytes whose number is known before they are made: a message's length stands in front of it, and weights are large. */
interface Part {
  readonly length: number;
  readonly chunks: () => Iterable<Uint8Array>;
}

const literal = (bytes: Uint8Array): Part => ({ length: bytes.length, chunks: () => [bytes] });

const join = (parts: readonly Part[]): Part => ({
  length: parts.reduce((sum, part) => sum + part.length, 0),
  *chunks() {
    for (const part of parts) yield* part.chunks();
  },
});

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}

const int = (field: number, value: number): Part =>
  literal(Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)]));
const bytes = (field: number, content: Part): Part =>
  join([literal(Uint8Array.from([...varint(field * 8 + BYTES), ...varint(content.length)])), content]);
const text = (field: number, value: string): Part => bytes(field, literal(new TextEncoder().encode(value)));
const message = (field: number, fields: readonly Part[]): Part => bytes(field, join(fields));

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Not negative: that is all that the graphs here need. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Weight {
  readonly name: string;
  readonly dims: readonly number[];
  /** A function makes its values each time that the model is written, and only then. */
  readonly data: Float32Array | BigInt64Array | (() => Float32Array);
}

/** A dimension that is a string is dynamic. */
export interface Port {
  readonly name: string;
  readonly type: keyof typeof ELEMENT;
  readonly dims: readonly (number | string)[];
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly weights: readonly Weight[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

const attribute = (name: string, value: number | readonly number[]): Part =>
  message(
    5,
    typeof value === "number"
      ? [text(1, name), int(3, value), int(20, ATTRIBUTE_INT)]
      : [text(1, name), ...value.map((v) => int(8, v)), int(20, ATTRIBUTE_INTS)],
  );

const node = ({ op, inputs, output, attributes = {} }: Node): Part =>
  message(1, [
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  ]);

/** Little-endian on every machine that runs this: ONNX's order, and the typed arrays'. */
function values({ name, dims, data }: Weight): Part {
  const length = dims.reduce((product, dim) => product * dim, data instanceof BigInt64Array ? 8 : 4);
  return {
    length,
    *chunks() {
      const array = typeof data === "function" ? data() : data;
      if (array.byteLength !== length)
        throw new RangeError(`the values of "${name}" are ${array.byteLength} bytes, not ${length}`);
      yield new Uint8Array(array.buffer, array.byteOffset, length);
    },
  };
}

const weight = (tensor: Weight): Part =>
  message(5, [
    ...tensor.dims.map((dim) => int(1, dim)),
    int(2, tensor.data instanceof BigInt64Array ? ELEMENT.int64 : ELEMENT.float32),
    text(8, tensor.name),
    bytes(9, values(tensor)),
  ]);

const port = (field: number, { name, type, dims }: Port): Part => {
  const shape = message(
    2,
    dims.map((dim) => message(1, [typeof dim === "number" ? int(1, dim) : text(2, dim)])),
  );
  return message(field, [text(1, name), message(2, [message(1, [int(1, ELEMENT[type]), shape])])]);
};

const model = ({ nodes, weights, inputs, outputs }: Graph): Part =>
  join([
    int(1, IR_VERSION),
    message(7, [
      ...nodes.map(node),
      text(2, "graph"),
      ...weights.map(weight),
      ...inputs.map((p) => port(11, p)),
      ...outputs.map((p) => port(12, p)),
    ]),
    message(8, [int(2, OPSET)]),
  ]);

/**
 * The bytes of an `.onnx` file piece by piece, so that no more than one weight is in memory at a time.
 * @throws RangeError while iterating, if a weight has not as many values as its dimensions say.
 */
export const onnxChunks = (graph: Graph): Iterable<Uint8Array> => model(graph).chunks();

/** @returns the bytes of an `.onnx` file. @throws as `onnxChunks`. */
export function onnxModel(graph: Graph): Uint8Array {
  const whole = model(graph);
  const out = new Uint8Array(whole.length);
  let at = 0;
  for (const chunk of whole.chunks()) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
