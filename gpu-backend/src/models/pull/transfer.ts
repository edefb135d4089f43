/** One request for a file, or for what is missing of it. */
import type { FileHandle } from "node:fs/promises";
import { TransientError } from "./errors.ts";
import type { PartFile } from "./part-file.ts";
import { parseRetryAfter } from "./retry.ts";

/** As much of `fetch` as a transfer needs; it follows redirects. */
type Fetch = (
  url: URL,
  init: { readonly headers: Record<string, string>; readonly signal: AbortSignal },
) => Promise<FetchedResponse>;

interface FetchedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
}

export interface TransferOptions {
  readonly fetch: Fetch;
  /** A server that sends nothing for so long is given up. */
  readonly stallMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Aborts it; its reason is thrown. What has come stays in the part. */
  readonly signal: AbortSignal;
  /** Called with the bytes that the part holds by now. */
  readonly onProgress: (bytes: number) => void;
}

/** Answers of a server or a proxy that is busy, restarting or out of order. */
const TRANSIENT_STATUSES = [408, 425, 429, 500, 502, 503, 504];

/** The range does not fit the server's file: what we hold is no beginning of it. */
const RANGE_NOT_SATISFIABLE = 416;

/**
 * Fills the part up to `bytes`. A part that exists is continued if the server can do that, else begun anew.
 * @returns whether the part was continued: then it may be made of two versions of a file.
 * @throws TransientError if it is worth another try; Error if it is not.
 */
export async function transfer(url: URL, bytes: number, part: PartFile, options: TransferOptions): Promise<boolean> {
  const stalled = new AbortController();
  const watchdog = setTimeout(
    () => stalled.abort(new TransientError(`${url.host} has sent nothing for ${options.stallMs / 1000} s`)),
    options.stallMs,
  );
  const signal = AbortSignal.any([options.signal, stalled.signal]);
  try {
    const held = await part.size();
    const response = await request(url, held, { ...options, signal });
    watchdog.refresh();
    const continued = await admit(response, url, held, bytes, part, options.now);
    if (!continued) await part.begin();
    const file = await part.openForAppend();
    try {
      let size = continued ? held : 0;
      options.onProgress(size);
      for await (const chunk of chunksOf(response, url)) {
        watchdog.refresh();
        size += chunk.length;
        if (size > bytes) throw new Error(`${url.href} sends more than the ${bytes} bytes that it should have`);
        await file.appendFile(chunk);
        options.onProgress(size);
      }
      await finish(file, size, bytes, url);
    } finally {
      await file.close();
    }
    return continued;
  } catch (error) {
    options.signal.throwIfAborted();
    stalled.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(watchdog);
  }
}

async function request(url: URL, held: number, { fetch, signal }: TransferOptions): Promise<FetchedResponse> {
  // Compressed, neither sizes nor ranges would be the file's own. No If-Range: digests tell whether it was still the same file.
  const headers: Record<string, string> = { "accept-encoding": "identity", "user-agent": "sightline-models" };
  if (held > 0) headers.range = `bytes=${held}-`;
  try {
    return await fetch(url, { headers, signal });
  } catch (error) {
    throw new TransientError(`${url.host} cannot be reached (${codeOf(error)})`, { cause: error });
  }
}

/** @returns whether what comes continues the part. @throws as `transfer` if the answer is not the file. */
async function admit(
  response: FetchedResponse,
  url: URL,
  held: number,
  bytes: number,
  part: PartFile,
  now: () => number,
): Promise<boolean> {
  const { status, headers } = response;
  const refuse = async (error: Error): Promise<never> => {
    await response.body?.cancel().catch(() => undefined);
    throw error;
  };
  if (status === 206 && held > 0 && continues(headers.get("content-range"), held, bytes)) return true;
  if (status === 206 || status === RANGE_NOT_SATISFIABLE) {
    // The next try asks for the whole file.
    await part.discard();
    return refuse(new TransientError(`${url.host} gave another range than the one asked for`));
  }
  if (TRANSIENT_STATUSES.includes(status)) {
    const retryAfterMs = parseRetryAfter(headers.get("retry-after"), now());
    return refuse(new TransientError(`${url.host} answered ${status}`, { retryAfterMs }));
  }
  if (status !== 200) return refuse(new Error(`${url.href} answered ${status}${hint(status)}`));
  const length = headers.get("content-length");
  if (length !== null && headers.get("content-encoding") === null && Number(length) !== bytes)
    return refuse(new Error(`${url.href} has ${length} bytes, not ${bytes}: it is another file`));
  return false;
}

/** @param value for example `bytes 100-199/200`; the total may be unknown (`*`). */
function continues(value: string | null, held: number, bytes: number): boolean {
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(value ?? "") ?? [];
  return Number(first) === held && (total === "*" || Number(total) === bytes);
}

async function* chunksOf({ body }: FetchedResponse, url: URL): AsyncGenerator<Uint8Array> {
  try {
    if (body) yield* body;
  } catch (error) {
    throw new TransientError(`the connection to ${url.host} broke (${codeOf(error)})`, { cause: error });
  }
}

async function finish(file: FileHandle, size: number, bytes: number, url: URL): Promise<void> {
  if (size < bytes) throw new TransientError(`${url.host} ended after ${size} of ${bytes} bytes`);
  // Before the rename: after a power cut the name must not stand for blocks that were never written.
  await file.sync();
}

function hint(status: number): string {
  if (status === 401 || status === 403) return ": it is not given to everybody";
  if (status === 404 || status === 410) return ": there is no such file";
  return "";
}

/** `fetch` hides what happened in the cause of its TypeError, undici at times in the cause of that. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.message : codeOf(error.cause);
}
