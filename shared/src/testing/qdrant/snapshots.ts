/** Snapshots of the double's collections, made at once, kept in memory like everything of it. */
import { sha256Hex } from "../../digest.ts";
import type { Results } from "./answers.ts";
import { DoubleCollection } from "./collection.ts";
import { ONE, Refusal, type Route } from "./route.ts";

interface Kept {
  readonly description: Results["snapshot"];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class DoubleSnapshots {
  readonly #kept = new Map<string, Map<string, Kept>>();
  #made = 0;

  of(collection: string): Map<string, Kept> {
    const kept = this.#kept.get(collection) ?? new Map<string, Kept>();
    this.#kept.set(collection, kept);
    return kept;
  }

  async create(collection: string, bytes: Uint8Array<ArrayBuffer>): Promise<Results["snapshot"]> {
    const name = `${collection}-${++this.#made}-2026-11-21-12-00-00.snapshot`;
    const description = {
      name,
      creation_time: "2026-11-21T12:00:00",
      size: bytes.length,
      checksum: await sha256Hex(bytes),
    };
    this.of(collection).set(name, { description, bytes });
    return description;
  }

  /** @throws Refusal */
  find(collection: string, name: string): Kept {
    const kept = this.of(collection).get(name);
    if (!kept) throw new Refusal(404, `Not found: Snapshot ${name} not found`);
    return kept;
  }
}

export const SNAPSHOT_ROUTES: readonly Route[] = [
  {
    method: "POST",
    pattern: new RegExp(`^${ONE}/snapshots$`),
    answer: async (double, { collection }) => ({
      snapshot: await double.snapshots.create(collection, double.find(collection).dump()),
    }),
  },
  {
    method: "GET",
    pattern: new RegExp(`^${ONE}/snapshots$`),
    reads: true,
    answer: (double, { collection }) => {
      double.find(collection);
      return { snapshots: [...double.snapshots.of(collection).values()].map(({ description }) => description) };
    },
  },
  {
    method: "GET",
    pattern: new RegExp(`^${ONE}/snapshots/([^/]+)$`),
    reads: true,
    answer: ({ snapshots }, { collection, name }) =>
      new Response(snapshots.find(collection, name).bytes, { headers: { "content-type": "application/octet-stream" } }),
  },
  {
    method: "DELETE",
    pattern: new RegExp(`^${ONE}/snapshots/([^/]+)$`),
    answer: ({ snapshots }, { collection, name }) => {
      snapshots.find(collection, name);
      snapshots.of(collection).delete(name);
      return { done: true };
    },
  },
  {
    method: "POST",
    pattern: new RegExp(`^${ONE}/snapshots/upload$`),
    takesForm: true,
    answer: async ({ collections }, { collection, form, query }) => {
      const file = form?.get("snapshot");
      if (!(file instanceof File)) throw new Refusal(400, "Multipart error: Field `snapshot` is required");
      const bytes = new Uint8Array(await file.arrayBuffer());
      const checksum = query.get("checksum");
      if (checksum !== null && checksum !== (await sha256Hex(bytes)))
        throw new Refusal(400, "Wrong input: Snapshot checksum mismatch");
      collections.set(collection, DoubleCollection.restored(bytes));
      return { done: true };
    },
  },
];
