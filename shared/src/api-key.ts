/**
 * API keys: `sl_<env>_<public id>_<secret><checksum>`. The checksum lets a mistyped key be refused without a look-up;
 * only a keyed digest of the key is ever stored.
 */
import { toHex } from "./digest.ts";

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const PUBLIC_ID_LENGTH = 12;
/** 26 symbols of 36 are 134 bits. */
const SECRET_LENGTH = 26;
const CHECKSUM_LENGTH = 6;
const KEY_PATTERN = /^(sl_[a-z]{2,8}_([0-9a-z]{12})_[0-9a-z]{26})([0-9a-z]{6})$/;

const utf8 = new TextEncoder();

interface ParsedApiKey {
  readonly key: string;
  /** Names the key in listings and logs; not secret. */
  readonly publicId: string;
}

/** Uniform symbols by rejection sampling: 252 is the largest multiple of 36 that fits a byte. */
function randomSymbols(length: number): string {
  let out = "";
  while (out.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < 252 && out.length < length) out += ALPHABET[byte % 36];
    }
  }
  return out;
}

/** FNV-1a of 32 bits (Fowler, Noll, Vo) in base 36: catches typing errors, proves nothing. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of utf8.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return (hash % 36 ** CHECKSUM_LENGTH).toString(36).padStart(CHECKSUM_LENGTH, "0");
}

/** @param env two to eight letters, for example `live`, `test` or `dev`. */
export function mintApiKey(env: string): ParsedApiKey {
  const publicId = randomSymbols(PUBLIC_ID_LENGTH);
  const body = `sl_${env}_${publicId}_${randomSymbols(SECRET_LENGTH)}`;
  return { key: body + checksum(body), publicId };
}

/** @returns undefined for anything that cannot be a key of ours. */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  const [, body, publicId, sum] = KEY_PATTERN.exec(text) ?? [];
  if (!body || !publicId || checksum(body) !== sum) return undefined;
  return { key: text, publicId };
}

/** A deployment has one pepper, and importing it costs more than the signature. */
let imported: { readonly pepper: string; readonly key: CryptoKey } | undefined;

async function pepperKey(pepper: string): Promise<CryptoKey> {
  if (imported?.pepper !== pepper) {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    imported = { pepper, key: await crypto.subtle.importKey("raw", utf8.encode(pepper), hmac, false, ["sign"]) };
  }
  return imported.key;
}

/** HMAC-SHA-256 of the key under the deployment's pepper, in hex: what the directory stores. */
export async function digestApiKey(pepper: string, key: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.sign("HMAC", await pepperKey(pepper), utf8.encode(key))));
}
