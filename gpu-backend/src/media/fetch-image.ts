/**
 * Fetches a picture from a URL that a stranger chose, without lending them this machine's place in the network: every
 * address is checked before it is connected to, on each redirect anew, and bytes, time and hops are bounded.
 */
import { isIP, type LookupFunction } from "node:net";
import { ApiError } from "@sightline/shared/errors";
import { IMAGE_TYPES } from "@sightline/shared/image-bytes";
import { LIMITS } from "@sightline/shared/limits";
import { Client, type Dispatcher } from "undici";
import { createAddressMatcher, isPublicAddress } from "./addresses.ts";
import { resolveHost } from "./resolve-host.ts";

/**
 * @returns the bytes as served, of whatever kind: sniffing them is `openImage`'s job.
 * @throws ApiError(image_url_refused | image_url_failed | image_too_large), or the signal's reason once it is aborted.
 */
export type ImageFetcher = (url: string, signal: AbortSignal) => Promise<Uint8Array>;

export interface ImageFetcherOptions {
  /** All addresses of a host name, or the signal's reason once it is aborted. The default asks the system's name servers. */
  readonly lookup?: (hostname: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** Ranges in CIDR form that may be fetched from although they are not public, on any port. */
  readonly allowAddresses?: readonly string[];
  /** For all hops together, from the first look-up to the last byte. */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly maxRedirects?: number;
}

/** The web's ports and their usual alternatives. Others would make this service a port scanner for hire. */
const PUBLIC_PORTS = ["", "80", "443", "8080", "8443"];

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * The same for private, unresolvable and half-public hosts: an answer that told them apart would let a stranger map the
 * names of the network we stand in.
 */
const HOST_REFUSED = "The image URL's host has no public address.";

/** Where a hop may connect to. */
interface Target {
  readonly url: URL;
  readonly addresses: readonly string[];
}

/** @throws Error if an entry of `allowAddresses` is not a range. */
export function createImageFetcher(options: ImageFetcherOptions = {}): ImageFetcher {
  const { lookup = resolveHost, timeoutMs = 5000, maxBytes = LIMITS.imageBytes, maxRedirects = 3 } = options;
  const isOpened = createAddressMatcher(options.allowAddresses ?? []);

  async function admit(text: string, signal: AbortSignal): Promise<Target> {
    const url = parseUrl(text);
    // The URL parser has already turned 0x7f.1, 017700000001 and the like into 127.0.0.1.
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const addresses = isIP(host) ? [host] : await lookup(host, signal);
    const foreign = addresses.filter((address) => !isOpened(address));
    if (addresses.length === 0 || !foreign.every(isPublicAddress)) {
      throw new ApiError("image_url_refused", { message: HOST_REFUSED });
    }
    if (foreign.length > 0 && !PUBLIC_PORTS.includes(url.port)) {
      throw new ApiError("image_url_refused", {
        message: "The image URL's port is not one of 80, 443, 8080 and 8443.",
      });
    }
    return { url, addresses };
  }

  async function follow(start: string, signal: AbortSignal): Promise<Uint8Array> {
    let next = start;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const answer = await visit(await admit(next, signal), maxBytes, signal);
      if (answer instanceof Uint8Array) return answer;
      next = answer.redirect;
    }
    throw new ApiError("image_url_failed", { message: `The image URL redirects more than ${maxRedirects} times.` });
  }

  return async (url, signal) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await follow(url, AbortSignal.any([signal, timeout]));
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof ApiError) throw cause;
      if (!timeout.aborted) throw new ApiError("image_url_failed", { cause });
      const message = `The image URL did not deliver within ${timeoutMs / 1000} seconds.`;
      throw new ApiError("image_url_failed", { message, cause });
    }
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new ApiError("image_url_refused", { message: "The image URL is not a valid URL." });
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new ApiError("image_url_refused", { message: "The image URL is neither http nor https." });
  }
  if (url.username !== "" || url.password !== "") {
    throw new ApiError("image_url_refused", { message: "The image URL carries credentials." });
  }
  return url;
}

/** One request over one connection of its own, to the addresses that were checked and to no other. */
async function visit(
  { url, addresses }: Target,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | { readonly redirect: string }> {
  // A second look-up at connection time could answer otherwise (DNS rebinding), so the connection gets the first one's.
  // It gets the signal too: undici heeds that of a request only once there is a connection.
  const connect = { lookup: pinnedTo(addresses), signal };
  const client = new Client(url.origin, { connect, pipelining: 0, allowH2: false });
  try {
    const response = await client.request({
      method: "GET",
      path: url.pathname + url.search,
      headers: { accept: IMAGE_TYPES.join(", "), "accept-encoding": "identity", "user-agent": "Sightline" },
      signal,
    });
    return redirectOf(response, url) ?? (await readBody(response, maxBytes));
  } finally {
    await client.destroy();
  }
}

function pinnedTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_hostname, options, callback) => {
    const [first] = all;
    if (options.all || first === undefined) callback(null, all);
    else callback(null, first.address, first.family);
  };
}

function redirectOf({ statusCode, headers }: Dispatcher.ResponseData, from: URL): { redirect: string } | undefined {
  if (!REDIRECTS.includes(statusCode) || typeof headers.location !== "string") return undefined;
  // An unusable target goes on as it is, and is refused as any other bad URL.
  return { redirect: URL.parse(headers.location, from.href)?.href ?? headers.location };
}

async function readBody(response: Dispatcher.ResponseData, maxBytes: number): Promise<Uint8Array> {
  const { statusCode, headers, body } = response;
  if (statusCode < 200 || statusCode > 299) {
    throw new ApiError("image_url_failed", { message: `The image URL answered with status ${statusCode}.` });
  }
  // Nothing is decompressed here: a few kilobytes of gzip can hold gigabytes.
  if ((headers["content-encoding"] ?? "identity") !== "identity") {
    throw new ApiError("image_url_failed", { message: "The image URL answered with a compressed body." });
  }
  if (Number(headers["content-length"]) > maxBytes) throw new ApiError("image_too_large");
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw new ApiError("image_too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
