/**
 * How many pictures an AVIF file has its decoder decode where one is shown. An item's data may hold any number of AV1 frames,
 * of which libaom decodes all and libheif shows one: 600 bytes for 25 megapixels. Sources: ISO/IEC 14496-12 (boxes, iloc,
 * iinf), the AV1 specification, §5.3 (OBUs), libheif and libaom for what they pass over.
 *
 * It runs on the main thread, before any limit of the decoder: six bytes can list 65 535 parts of no bytes, and any number of
 * items the same megabytes. So what is listed is counted, and bytes are read once.
 */

const [FRAME_HEADER, FRAME] = [3, 6];
/** Boxes, items and parts of items, together. libheif takes 1000 items, and a picture's are mostly of one part. */
const MAX_ENTRIES = 10_000;
/** Of `meta` and `iloc`, which have more in front of what they hold: version and flags. */
const FULL = 4;

interface Box {
  readonly type: string;
  readonly data: Buffer;
}

/** Called for each entry that is read. @throws RangeError for one too many. */
type Count = () => void;

/**
 * @returns the most frames of one item, Infinity where that cannot be told.
 * @throws RangeError for a malformed file, and for one of too many entries.
 */
export function mostFrames(bytes: Uint8Array): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let entries = 0;
  const count = () => {
    if (++entries > MAX_ENTRIES) throw new RangeError(`there are more than ${MAX_ENTRIES} boxes, items and parts`);
  };
  const boxesOf = (data: Buffer) => readBoxes(data, count);
  const top = boxesOf(file);
  // The short form of a file's head, which no encoder writes, would have the data elsewhere.
  if (top.some(({ type }) => type === "mini")) return Number.POSITIVE_INFINITY;
  let most = 0;
  let codedBytes = 0;
  for (const { data } of top.filter(({ type }) => type === "meta")) {
    const boxes = boxesOf(data.subarray(FULL));
    const of = (type: string) => boxes.filter((box) => box.type === type).map((box) => box.data);
    const codecs = of("iprp")
      .flatMap(boxesOf)
      .flatMap((box) => (box.type === "ipco" ? boxesOf(box.data) : []));
    // The decoder gets a codec's configuration in front of the item.
    const before = codecs.filter(({ type }) => type === "av1C").map((box) => countFrames(box.data.subarray(4)));
    const coded = new Set(of("iinf").flatMap((data) => av1Items(data, boxesOf)));
    const sources = [file, Buffer.concat(of("idat"))];
    const seen = new Set<string>();
    for (const { id, parts } of of("iloc").flatMap((data) => itemsOf(data, sources, count))) {
      if (!coded.has(id)) continue;
      if (parts === undefined) return Number.POSITIVE_INFINITY;
      // Tiles that look the same may lie in the file once.
      const where = parts.map(({ buffer, byteOffset, length }) => [buffer === file.buffer, byteOffset, length]).join();
      if (seen.has(where)) continue;
      seen.add(where);
      codedBytes += parts.reduce((sum, { length }) => sum + length, 0);
      // Other parts that overlap hold bytes which would be decoded, and here read, again and again.
      if (codedBytes > file.length) return Number.POSITIVE_INFINITY;
      most = Math.max(most, countFrames(Buffer.concat(parts)) + Math.max(0, ...before));
    }
  }
  return most;
}

function readBoxes(data: Buffer, count: Count): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= data.length; ) {
    const [short, type] = [data.readUInt32BE(at), data.toString("latin1", at + 4, at + 8)];
    const head = short === 1 ? 16 : 8;
    const size = short === 0 ? data.length - at : short === 1 ? Number(data.readBigUInt64BE(at + 8)) : short;
    if (size < head) break;
    count();
    boxes.push({ type, data: data.subarray(at + head, at + size) });
    at += size;
  }
  return boxes;
}

/** Ids of the items that are AV1, of an `iinf`. */
function av1Items(data: Buffer, boxesOf: (data: Buffer) => Box[]): number[] {
  return boxesOf(data.subarray(FULL + (data[0] === 0 ? 2 : 4))).flatMap(({ type, data: infe }) => {
    if (type !== "infe") return [];
    const idBytes = infe[0] === 2 ? 2 : 4;
    const isAv1 = infe.toString("latin1", FULL + idBytes + 2, FULL + idBytes + 6) === "av01";
    return isAv1 ? [infe.readUIntBE(FULL, idBytes)] : [];
  });
}

interface Item {
  readonly id: number;
  /** Undefined where they are of other items. */
  readonly parts: readonly Buffer[] | undefined;
}

/** Where the items lie, of an `iloc`. @param sources by construction method. */
function itemsOf(data: Buffer, sources: readonly Buffer[], count: Count): Item[] {
  let at = FULL;
  const read = (size: number): number => {
    at += size;
    if (size === 8) return Number(data.readBigUInt64BE(at - 8));
    return size === 0 ? 0 : data.readUIntBE(at - size, size);
  };
  const version = data[0] ?? 0;
  const sizes = read(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version === 0 ? 0 : sizes & 15;
  const idSize = version < 2 ? 2 : 4;
  return Array.from({ length: read(idSize) }, () => {
    count();
    const id = read(idSize);
    const source = sources[version === 0 ? 0 : read(2) & 15];
    read(2);
    const base = read(baseSize);
    const parts = Array.from({ length: read(2) }, () => {
      count();
      read(indexSize);
      const offset = base + read(offsetSize);
      const length = read(lengthSize);
      return source?.subarray(offset, length === 0 ? undefined : offset + length) ?? Buffer.alloc(0);
    });
    return { id, parts: source && parts };
  });
}

function countFrames(data: Buffer): number {
  let frames = 0;
  for (let at = 0; at < data.length; ) {
    const header = data[at++] ?? 0;
    // libaom passes over zeros between frames.
    if (header === 0) continue;
    const type = (header >> 3) & 15;
    if (type === FRAME || type === FRAME_HEADER) frames++;
    if (header & 0b100) at++;
    // Without a size it is the last.
    if (!(header & 0b10)) break;
    let size = 0;
    for (let shift = 0, more = true; more && shift < 56; shift += 7) {
      const byte = data[at++] ?? 0;
      size += (byte & 127) * 2 ** shift;
      more = byte > 127;
    }
    at += size;
  }
  return frames;
}
