/** Just enough of ONNX's protobuf to write a small graph, so that tests need neither Python nor committed binaries. */

const VARINT = 0;
const BYTES = 2;

/** Field numbers and enum values are those of onnx/onnx.proto3. */
const FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;
const ELEMENT = { float32: 1, int64: 7 } as const;

/** Opset 17 is IR version 8. */
const OPSET = 17;
const IR_VERSION = 8;

type Field = Uint8Array;

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return [...out, rest];
}
const int = (field: number, value: number): Field => Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)]);
const bytes = (field: number, value: Uint8Array): Field =>
  Buffer.concat([Uint8Array.from([...varint(field * 8 + BYTES), ...varint(value.length)]), value]);
const text = (field: number, value: string): Field => bytes(field, Buffer.from(value));
const message = (field: number, fields: readonly Field[]): Field => bytes(field, Buffer.concat(fields));

interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

interface Weight {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** A dimension that is a string is dynamic. */
export interface Port {
  readonly name: string;
  readonly type: keyof typeof ELEMENT;
  readonly dims: readonly (number | string)[];
}

const attribute = (name: string, value: number | readonly number[]): Field =>
  message(
    5,
    typeof value === "number"
      ? [text(1, name), int(3, value), int(20, ATTRIBUTE_INT)]
      : [text(1, name), ...value.map((v) => int(8, v)), int(20, ATTRIBUTE_INTS)],
  );

const node = ({ op, inputs, output, attributes = {} }: Node): Field =>
  message(1, [
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  ]);

const weight = ({ name, dims, data }: Weight): Field =>
  message(5, [
    ...dims.map((d) => int(1, d)),
    int(2, data instanceof Float32Array ? FLOAT : ELEMENT.int64),
    text(8, name),
    bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]);

const port = (field: number, { name, type, dims }: Port): Field => {
  const shape = message(
    2,
    dims.map((d) => message(1, [typeof d === "number" ? int(1, d) : text(2, d)])),
  );
  return message(field, [text(1, name), message(2, [message(1, [int(1, ELEMENT[type]), shape])])]);
};

interface Graph {
  readonly nodes: readonly Node[];
  readonly weights: readonly Weight[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** @returns the bytes of an `.onnx` file. */
export function onnxModel({ nodes, weights, inputs, outputs }: Graph): Uint8Array {
  const graph = message(7, [
    ...nodes.map(node),
    text(2, "graph"),
    ...weights.map(weight),
    ...inputs.map((p) => port(11, p)),
    ...outputs.map((p) => port(12, p)),
  ]);
  return Buffer.concat([int(1, IR_VERSION), graph, message(8, [int(2, OPSET)])]);
}
