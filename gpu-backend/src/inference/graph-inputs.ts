/** From a batch of rows to what a graph takes, once it is known that the graph takes it. */
import { type InferenceSession, Tensor } from "onnxruntime-node";
import type { Batch, Feed, WorkerSpec } from "./session-protocol.ts";
import { normalisationTable, normalisePixels, padTokens } from "./tensors.ts";

type FeedOf<Kind extends Feed["kind"]> = Feed & { readonly kind: Kind };
type Port = InferenceSession.ValueMetadata | undefined;
type IdType = "int64" | "int32";

/** The input tensors of a batch, by name. */
export type Fill = (batch: Batch) => Readonly<Record<string, Tensor>>;
type FillOne = (batch: Batch) => Tensor;

/** @throws Error if the graph's inputs are not those of the manifest. */
export function matchInputs(session: InferenceSession, { input, feed }: WorkerSpec): Fill {
  const wanted = feed.kind === "pairs" ? [input, feed.tokens, feed.lengths] : [input];
  const found = session.inputNames;
  if (found.length !== wanted.length || wanted.some((name) => !found.includes(name)))
    throw new Error(`the graph's inputs are [${found.join(", ")}], the manifest's ${listed(wanted)}`);
  const port = (name: string): Port => session.inputMetadata.find((metadata) => metadata.name === name);
  if (feed.kind !== "pairs") {
    const fill =
      feed.kind === "tokens" ? matchTokens(input, port(input), feed) : matchPictures(input, port(input), feed);
    return (batch) => ({ [input]: fill(batch) });
  }
  const fillPictures = matchPictures(input, port(input), feed.picture);
  const fillTokens = matchTokens(feed.tokens, port(feed.tokens), feed.text);
  const lengthType = idType(feed.lengths, port(feed.lengths));
  const pictureBytes = feed.picture.size ** 2 * 3;
  return (batch) => {
    const [pictures, texts] = split(batch, pictureBytes);
    return {
      [input]: fillPictures(pictures),
      [feed.tokens]: fillTokens(texts),
      [feed.lengths]: idTensor(
        lengthType,
        texts.lengths.map((bytes) => bytes / 4),
      ),
    };
  };
}

const listed = (names: readonly string[]): string =>
  names.length === 1 ? `is "${names[0]}"` : `are ${names.map((name) => `"${name}"`).join(", ")}`;

function matchPictures(input: string, port: Port, feed: FeedOf<"pixels"> | FeedOf<"pixel-bytes">): FillOne {
  const { size } = feed;
  const [wanted, rest] =
    feed.kind === "pixels" ? (["float32", [3, size, size]] as const) : (["uint8", [size, size, 3]] as const);
  if (typeOf(port) !== wanted) throw new Error(`input "${input}" is ${typeOf(port)}, not ${wanted}`);
  const shape = shapeOf(port);
  if (shape.slice(1).some((dim, i) => typeof dim === "number" && dim !== rest[i]))
    throw new Error(`input "${input}" is [${shape}], the manifest's image size makes it [batch,${rest}]`);
  return feed.kind === "pixels" ? fillPixels(feed) : fillPixelBytes(feed);
}

function matchTokens(input: string, port: Port, { padId, contextLength }: FeedOf<"tokens">): FillOne {
  const type = idType(input, port);
  const [, width] = shapeOf(port);
  if (typeof width !== "number") return fillTokens(padId, type, undefined);
  if (width !== contextLength)
    throw new Error(`input "${input}" is [${shapeOf(port)}], the manifest's context length is ${contextLength}`);
  return fillTokens(padId, type, width);
}

const typeOf = (port: Port): string => (port?.isTensor ? port.type : "no tensor");
const shapeOf = (port: Port): readonly (number | string)[] => (port?.isTensor ? port.shape : []);

function idType(input: string, port: Port): IdType {
  const type = typeOf(port);
  if (type !== "int64" && type !== "int32") throw new Error(`input "${input}" is ${type}, not int64 or int32`);
  return type;
}

const idTensor = (type: IdType, values: readonly number[]): Tensor =>
  type === "int64"
    ? new Tensor(type, BigInt64Array.from(values, BigInt), [values.length])
    : new Tensor(type, Int32Array.from(values), [values.length]);

/** Rows of a picture and a text each → pictures, and texts. */
function split({ bytes, lengths }: Batch, pictureBytes: number): readonly [pictures: Batch, texts: Batch] {
  const textLengths = lengths.map((length) => length - pictureBytes);
  const pictures = new Uint8Array(pictureBytes * lengths.length);
  // A buffer of its own: ids are read as 32-bit words, and lie anywhere in a row.
  const texts = new Uint8Array(textLengths.reduce((sum, length) => sum + length, 0));
  let from = 0;
  let to = 0;
  lengths.forEach((length, row) => {
    pictures.set(bytes.subarray(from, from + pictureBytes), row * pictureBytes);
    texts.set(bytes.subarray(from + pictureBytes, from + length), to);
    from += length;
    to += length - pictureBytes;
  });
  return [
    { bytes: pictures, lengths: lengths.map(() => pictureBytes) },
    { bytes: texts, lengths: textLengths },
  ];
}

/** Grows by doubling and never shrinks: a graph's batches are bounded. */
function keptBuffer<T extends { readonly length: number }>(make: (length: number) => T): (atLeast: number) => T {
  let kept = make(0);
  return (atLeast) => {
    if (kept.length < atLeast) kept = make(Math.max(atLeast, 2 * kept.length));
    return kept;
  };
}

function fillPixels({ size, mean, std }: FeedOf<"pixels">): FillOne {
  const table = normalisationTable(mean, std);
  const buffer = keptBuffer((length) => new Float32Array(length));
  return ({ bytes, lengths }) => {
    const values = buffer(bytes.length);
    normalisePixels(bytes, size * size, table, values);
    return new Tensor("float32", values.subarray(0, bytes.length), [lengths.length, 3, size, size]);
  };
}

/** The batch as it came is the tensor: nothing is copied. */
function fillPixelBytes({ size }: FeedOf<"pixel-bytes">): FillOne {
  return ({ bytes, lengths }) => new Tensor("uint8", bytes, [lengths.length, size, size, 3]);
}

/** @param fixedWidth of a graph that was exported without a dynamic sequence axis. */
function fillTokens(padId: number, type: IdType, fixedWidth: number | undefined): FillOne {
  const buffer = keptBuffer((length) => (type === "int64" ? new BigInt64Array(length) : new Int32Array(length)));
  return ({ bytes, lengths }) => {
    const ids = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    const counts = lengths.map((length) => length / 4);
    const width = fixedWidth ?? Math.max(...counts);
    const cells = buffer(counts.length * width).subarray(0, counts.length * width);
    padTokens(ids, counts, width, padId, cells);
    return new Tensor(type, cells, [counts.length, width]);
  };
}
