/** OFA's real tokenizer, as models/export writes it, built from GPT-2's merges and OFA's ids. */
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { byteAlphabet } from "@sightline/shared/testing/byte-alphabet";
import { tinyOfaTokenizer } from "@sightline/shared/testing/tiny-ofa";

const FOLDER = new URL("../../fixtures/ofa/", import.meta.url);
const unzipped = async (name: string) => promisify(gunzip)(await readFile(new URL(name, FOLDER)));

export async function ofaTokenizerJson(): Promise<string> {
  const merges = (await unzipped("merges.txt.gz")).toString("utf8").split("\n");
  // GPT-2 numbers the bytes that stand for themselves first, in the order of the characters, then what the merges make.
  const pieces = [...byteAlphabet().sort(), ...merges.map((merge) => merge.replace(" ", ""))];
  const ids = await unzipped("ids.bin.gz");
  const definition = tinyOfaTokenizer();
  const special = Object.entries(definition.model.vocab).filter(([, id]) => id < 4);
  const vocab = Object.fromEntries([...special, ...pieces.map((piece, i) => [piece, ids.readUInt16LE(2 * i)])]);
  return JSON.stringify({ ...definition, model: { ...definition.model, vocab, merges } });
}
