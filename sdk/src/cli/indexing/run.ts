/** One run of `index`: from the source to the collection, past what is stored already. */
import type { Collection } from "../../collection.ts";
import type { ItemInput } from "../../collection-types.ts";
import type { Journal } from "./journal.ts";
import type { Source } from "./source.ts";

export interface Report {
  readonly stored: number;
  /** Stored by an earlier run, and not changed since. */
  readonly kept: number;
  readonly refused: number;
}

export interface RunOptions {
  readonly concurrency: number;
  readonly signal: AbortSignal;
  onRefusal(label: string, reason: string): void;
  onProgress(report: Report): void;
}

/** As long as it takes: who indexes a hundred thousand pictures wants the limits waited for, not an end at the first. */
const RETRIES = 20;

/** @throws ApiError, ConnectionError or the signal's reason; what is stored by then is in the journal. */
export async function runIndex(
  source: Source,
  collection: Collection,
  journal: Journal,
  { concurrency, signal, onRefusal, onProgress }: RunOptions,
): Promise<Report> {
  let [stored, kept, refused] = [0, 0, 0];
  const report = () => ({ stored, kept, refused });
  const refuse = (label: string, reason: string) => {
    refused++;
    onRefusal(label, reason);
    onProgress(report());
  };
  /** Those on their way; results come in their order. */
  const sent: { readonly label: string; readonly id: string; readonly fingerprint: string }[] = [];

  async function* items(): AsyncGenerator<ItemInput> {
    for await (const entry of source.entries()) {
      const { label, id, fingerprint } = entry;
      if (id !== undefined && journal.has(id, fingerprint)) {
        kept++;
        continue;
      }
      const item = await entry.load().catch((error: unknown) => {
        refuse(label, error instanceof Error ? error.message : String(error));
      });
      if (!item) continue;
      journal.sending(item.id);
      sent.push({ label, id: item.id, fingerprint });
      yield item;
    }
  }

  for await (const result of collection.upsertEach(items(), { concurrency, signal, maxRetries: RETRIES })) {
    const entry = sent.shift();
    if (!entry) throw new Error("the API gave more results than there were items");
    // The label says better where it was than a place in a list that nobody has seen.
    if (result.status === "failed") refuse(entry.label, result.error.message.replace(/^items\[\d+\][.:]?\s*/, ""));
    else {
      stored++;
      journal.add(entry.id, entry.fingerprint);
      onProgress(report());
    }
  }
  return report();
}
