/** Sends pictures into a collection, some at a time: passes by what is there, names what is refused, waits out limits. */
import type { Api } from "../api/client.ts";
import { ApiFailure, LONGEST_WAIT_SECONDS } from "../api/failure.ts";
import type { OperationOf } from "../api/operations.ts";
import { type Picture, PictureRefused } from "../picture.ts";
import { metadataOf, type PictureFile } from "./files.ts";

/** What every plan takes in one call. */
const PICTURES_PER_CALL = 16;
const BYTES_PER_CALL = 6 * 1024 * 1024;

const PAGE = 200;

interface Refusal {
  readonly id: string;
  /** The API's own sentence, or what could not be read here. */
  readonly cause: string | PictureRefused;
}

export interface Progress {
  readonly total: number;
  readonly stored: number;
  /** There already. */
  readonly kept: number;
  readonly refused: readonly Refusal[];
}

export type UploadEvent =
  | { readonly kind: "checking" }
  | { readonly kind: "progress"; readonly progress: Progress }
  | { readonly kind: "waiting"; readonly seconds: number };

interface UploadOptions {
  readonly api: Api;
  readonly collection: string;
  readonly files: readonly PictureFile[];
  readonly read: (file: File) => Promise<Picture>;
  /** Resolves after so many seconds; rejects with the signal's reason when aborted. */
  readonly sleep: (seconds: number, signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: UploadEvent) => void;
  /** Of each picture that is in the collection from now on, or was before. */
  readonly onStored: (picture: PictureFile) => void;
  readonly signal: AbortSignal;
}

/**
 * Everything that it has reported as stored is durable: whoever calls it again goes on from there.
 * @throws ApiFailure, KeyNeeded: what stops all of it; the signal's reason when aborted.
 */
export async function upload(options: UploadOptions): Promise<void> {
  const { api, collection, files, read, onEvent, onStored, signal } = options;
  onEvent({ kind: "checking" });
  const total = await patiently(options, () => api.createCollection(collection, signal));
  const there = await idsThere(options, total);
  const missing = files.filter(({ id }) => !there.has(id));
  for (const picture of files) if (there.has(picture.id)) onStored(picture);

  let progress: Progress = { total: files.length, stored: 0, kept: files.length - missing.length, refused: [] };
  const report = (stored: number, refused: readonly Refusal[]): void => {
    progress = { ...progress, stored: progress.stored + stored, refused: [...progress.refused, ...refused] };
    onEvent({ kind: "progress", progress });
  };
  report(0, []);

  let batch: { readonly picture: PictureFile; readonly item: Item }[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    const sent = batch;
    batch = [];
    bytes = 0;
    const refused = await put(
      options,
      sent.map(({ item }) => item),
    );
    const refusedIds = new Set(refused.map(({ id }) => id));
    for (const { picture } of sent) if (!refusedIds.has(picture.id)) onStored(picture);
    report(sent.length - refused.length, refused);
  };
  for (const picture of missing) {
    const { id, file } = picture;
    signal.throwIfAborted();
    try {
      const { encoded } = await read(file);
      if (bytes + encoded.length > BYTES_PER_CALL) await send();
      batch.push({ picture, item: { id, image: encoded, metadata: metadataOf(id) } });
      bytes += encoded.length;
    } catch (cause) {
      if (!(cause instanceof PictureRefused)) throw cause;
      report(0, [{ id, cause }]);
    }
    if (batch.length === PICTURES_PER_CALL) await send();
  }
  await send();
}

interface Item {
  readonly id: string;
  readonly image: string;
  readonly metadata: { readonly folder: string; readonly name: string };
}

export function addOperation(collection: string, items: readonly Item[]): OperationOf<"add"> {
  return {
    kind: "add",
    collection,
    body: { items: items.map((item) => ({ ...item, metadata: { ...item.metadata } })) },
  };
}

/** In halves where a call is too large for the plan. @returns what the API has against single items. */
async function put(options: UploadOptions, items: readonly Item[]): Promise<readonly Refusal[]> {
  const operation = addOperation(options.collection, items);
  try {
    const { body } = await patiently(options, () => options.api.ask(operation, options.signal));
    return body.results.flatMap((result, n) =>
      result.status === "failed" ? [{ id: items[n]?.id ?? "", cause: result.error.message }] : [],
    );
  } catch (error) {
    const [only] = items;
    if (!only || !(error instanceof ApiFailure) || error.status !== 413) throw error;
    if (items.length === 1) return [{ id: only.id, cause: error.message || "HTTP 413" }];
    const half = Math.ceil(items.length / 2);
    return [...(await put(options, items.slice(0, half))), ...(await put(options, items.slice(half)))];
  }
}

/** Which of the files' ids are there: asked for one by one where that takes fewer calls than to list them all. */
async function idsThere(options: UploadOptions, total: number): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  if (total === 0) return ids;
  const { api, collection, files, signal } = options;
  if (files.length < total / PAGE) {
    for (const { id } of files) if (await isThere(options, id)) ids.add(id);
    return ids;
  }
  for (let cursor: string | undefined; ; ) {
    const page = await patiently(options, () => api.items(collection, { limit: PAGE, cursor }, signal));
    for (const { id } of page.data) ids.add(id);
    if (page.next_cursor === null) return ids;
    cursor = page.next_cursor;
  }
}

async function isThere(options: UploadOptions, id: string): Promise<boolean> {
  const { api, collection, signal } = options;
  try {
    await patiently(options, () => api.item(collection, id, signal));
    return true;
  } catch (error) {
    // What is wrong with an id is said when its item is sent, and keeps no other back.
    if (error instanceof ApiFailure && [400, 404, 422].includes(error.status ?? 0)) return false;
    throw error;
  }
}

/** Makes the call again after as long as the API says, each time that it says so. */
async function patiently<T>(
  { sleep, onEvent, signal }: Pick<UploadOptions, "sleep" | "onEvent" | "signal">,
  call: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const seconds = error instanceof ApiFailure ? error.retryAfterSeconds : undefined;
      if (seconds === undefined || seconds > LONGEST_WAIT_SECONDS) throw error;
      onEvent({ kind: "waiting", seconds });
      await sleep(seconds, signal);
    }
  }
}
