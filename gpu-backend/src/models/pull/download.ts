/** Brings one file to its place: fetch, continue what broke, check, rename. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ModelFile } from "../manifest.ts";
import { verifyFile } from "../verify.ts";
import { TransientError } from "./errors.ts";
import { PartFile } from "./part-file.ts";
import { backoffMs, MAX_FAILURES, MAX_RETRY_AFTER_MS } from "./retry.ts";
import { type TransferOptions, transfer } from "./transfer.ts";

/** Less than this is no progress: a server that breaks off after every few bytes would be asked for ever. */
const PROGRESS_BYTES = 1 << 20;

export interface DownloadOptions extends TransferOptions {
  /** Waits before the next try. The default is the system's clock. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  readonly random: () => number;
  /** Told before each wait. */
  readonly onRetry: (reason: string, waitMs: number) => void;
}

/**
 * @param folder the model's; `parts` lies on the same file system.
 * @throws Error with what a person needs to know; what has come is kept, unless it is not the file.
 */
export async function download(
  file: ModelFile,
  url: URL,
  folder: string,
  parts: string,
  options: DownloadOptions,
): Promise<void> {
  const part = new PartFile(parts, file.sha256);
  const continued = await complete(part, file, url, options);
  let fault = await faultOf(part, file);
  if (fault !== undefined && continued) {
    // It may hold two versions of the file, or what a power cut has left.
    options.onRetry(`what has come of ${file.path} is damaged: from the beginning`, 0);
    await part.discard();
    await complete(part, file, url, options);
    fault = await faultOf(part, file);
  }
  if (fault !== undefined) {
    await part.discard();
    throw new Error(`${url.href} is not the file that the catalogue describes: ${fault}. Nothing of it was kept`);
  }
  await part.moveTo(join(folder, file.path));
}

/** Tries until the part is as long as the file. @returns whether any of it was there before a transfer. */
async function complete(part: PartFile, file: ModelFile, url: URL, options: DownloadOptions): Promise<boolean> {
  let continued = (await part.size()) > 0;
  let furthest = await part.size();
  let failures = 0;
  while ((await part.size()) !== file.bytes) {
    if ((await part.size()) > file.bytes) await part.discard();
    try {
      continued = await transfer(url, file.bytes, part, options);
    } catch (error) {
      if (!(error instanceof TransientError)) throw isDiskFull(error) ? diskFull(file, error) : error;
      const size = await part.size();
      failures = size >= furthest + PROGRESS_BYTES ? 1 : failures + 1;
      furthest = Math.max(furthest, size);
      const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(failures, options.random));
      if (failures >= MAX_FAILURES || waitMs > MAX_RETRY_AFTER_MS) throw givenUp(error, failures, waitMs);
      options.onRetry(error.message, waitMs);
      await (options.sleep ?? wait)(waitMs, options.signal);
    }
  }
  return continued;
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");

const diskFull = (file: ModelFile, cause: unknown): Error =>
  new Error(`the disk is full. What has come of ${file.path} is kept: make room and run the command again`, { cause });

function givenUp(error: TransientError, failures: number, waitMs: number): TransientError {
  const why = failures >= MAX_FAILURES ? `${failures} tries` : `it asks to wait ${Math.round(waitMs / 1000)} s`;
  return new TransientError(`${error.message}; given up (${why})`, { cause: error });
}

const faultOf = (part: PartFile, file: ModelFile): Promise<string | undefined> =>
  verifyFile(part.folder, { ...file, path: part.name }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message.replace(part.name, file.path) : String(error)),
  );
