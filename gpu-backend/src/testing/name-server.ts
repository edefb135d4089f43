/** A name server on the loopback interface that knows a few names and is silent about others (RFC 1035, as little as it takes). */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import ipaddr from "ipaddr.js";

export interface NameServer {
  /** Address and port. */
  readonly address: string;
  /** The names it was asked for, once for each question. */
  readonly asked: readonly string[];
  close(): void;
}

const HEADER_BYTES = 12;
const ANSWER = 0x8180;
const NO_SUCH_NAME = 0x8183;
/** A record's type by the length of its address. */
const TYPES: Readonly<Record<number, number>> = { 4: 1, 16: 28 };

/** @param known addresses by name; about names that end in `.mute.test` it says nothing, of others that there are none. */
export async function startNameServer(known: Readonly<Record<string, readonly string[]>> = {}): Promise<NameServer> {
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const { name, type, end } = readQuestion(query);
    asked.push(name);
    if (name.endsWith(".mute.test")) return;
    const addresses = (known[name] ?? []).map((text) => Buffer.from(ipaddr.parse(text).toByteArray()));
    const records = addresses.filter(({ length }) => TYPES[length] === type).map((bytes) => record(type, bytes));
    const header = Buffer.from(query.subarray(0, HEADER_BYTES));
    header.writeUInt16BE(name in known ? ANSWER : NO_SUCH_NAME, 2);
    header.writeUInt16BE(records.length, 6);
    header.fill(0, 8);
    socket.send(Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { address: `127.0.0.1:${socket.address().port}`, asked, close: () => socket.close() };
}

function readQuestion(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** For the question's own name, of the internet, to be kept for no time. */
function record(type: number, address: Buffer): Buffer {
  const head = Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 0, 0, address.length]);
  return Buffer.concat([head, address]);
}
