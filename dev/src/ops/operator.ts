/** The operator API's calls about collections and snapshots, each repeated while the service says that it may succeed a moment later. */
import { setTimeout as delay } from "node:timers/promises";
import { TenantList } from "@sightline/shared/api/admin";
import { DeletedResponse } from "@sightline/shared/api/collections";
import {
  Migration,
  OperatedCollectionList,
  type StartMigrationRequest,
  Verification,
} from "@sightline/shared/api/migrations";
import { SnapshotList } from "@sightline/shared/api/snapshots";
import { ErrorEnvelope } from "@sightline/shared/errors";
import type { z } from "zod";

export interface OperatedCollection {
  readonly tenant: string;
  readonly name: string;
}

export interface Operator {
  tenants(): Promise<readonly string[]>;
  collections(tenant: string): Promise<z.infer<typeof OperatedCollectionList>["data"]>;
  verify(collection: OperatedCollection, sample: number): Promise<Verification>;
  /** @returns undefined if there is none. */
  migration(collection: OperatedCollection): Promise<Migration | undefined>;
  start(collection: OperatedCollection, to: z.input<typeof StartMigrationRequest>): Promise<Migration>;
  copy(collection: OperatedCollection, items: number): Promise<Migration>;
  switch(collection: OperatedCollection, leaveBehind: boolean): Promise<Migration>;
  rollBack(collection: OperatedCollection): Promise<Migration>;
  /** @returns how many items were dropped. */
  end(collection: OperatedCollection): Promise<number>;
  snapshots(): Promise<SnapshotList["data"]>;
  createSnapshot(): Promise<SnapshotList["data"]>;
  restoreSnapshot(name: string): Promise<SnapshotList["data"]>;
  deleteSnapshot(name: string): Promise<SnapshotList["data"]>;
}

/** What cannot be done with a collection or snapshot as it is: an answer of the service that is not 2xx. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = "Refused";
    this.code = code;
  }
}

interface OperatorOptions {
  readonly url: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/** A backend that starts anew loads its models first. */
const MAX_TRIES = 8;
const WAIT_MS = 2000;

export function operatorAt({ url, token, fetch: fetcher = fetch, sleep = delay }: OperatorOptions): Operator {
  async function ask<T>(answer: z.ZodType<T>, method: string, path: string, body?: unknown): Promise<T> {
    for (let tries = 1; ; tries++) {
      const response = await send(method, path, body).catch((cause: Error) => cause);
      if (response instanceof Response && response.ok) return answer.parse(await response.json());
      const waitMs = response instanceof Response ? waitOf(response) : WAIT_MS;
      if (waitMs === undefined || tries === MAX_TRIES) throw await refusal(response);
      await sleep(waitMs);
    }
  }

  const send = (method: string, path: string, body: unknown): Promise<Response> =>
    fetcher(new URL(`/admin/v1${path}`, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });

  const at = ({ tenant, name }: OperatedCollection, below: string): string =>
    `/tenants/${tenant}/collections/${name}${below}`;

  return {
    async tenants() {
      const ids: string[] = [];
      for (let cursor = ""; ; ) {
        const page = await ask(
          TenantList,
          "GET",
          `/tenants?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
        );
        ids.push(...page.data.map(({ id }) => id));
        if (page.next_cursor === null) return ids;
        cursor = page.next_cursor;
      }
    },
    collections: async (tenant) => (await ask(OperatedCollectionList, "GET", `/tenants/${tenant}/collections`)).data,
    verify: (collection, sample) => ask(Verification, "POST", at(collection, "/verify"), { sample }),
    async migration(collection) {
      try {
        return await ask(Migration, "GET", at(collection, "/migration"));
      } catch (error) {
        if (error instanceof Refused && error.code === "migration_not_found") return undefined;
        throw error;
      }
    },
    start: (collection, to) => ask(Migration, "POST", at(collection, "/migration"), to),
    copy: (collection, items) => ask(Migration, "POST", at(collection, "/migration/copy"), { items }),
    switch: (collection, leaveBehind) =>
      ask(Migration, "POST", at(collection, "/migration/switch"), { leave_behind: leaveBehind }),
    rollBack: (collection) => ask(Migration, "POST", at(collection, "/migration/rollback")),
    end: async (collection) => (await ask(DeletedResponse, "DELETE", at(collection, "/migration"))).deleted,
    snapshots: async () => (await ask(SnapshotList, "GET", "/snapshots")).data,
    createSnapshot: async () => (await ask(SnapshotList, "POST", "/snapshots")).data,
    restoreSnapshot: async (name) => (await ask(SnapshotList, "POST", `/snapshots/${name}/restore`)).data,
    deleteSnapshot: async (name) => (await ask(SnapshotList, "DELETE", `/snapshots/${name}`)).data,
  };
}

/** Undefined: the same call would fail again. */
function waitOf(response: Response): number | undefined {
  if (response.status !== 503 && response.status !== 429) return undefined;
  return Number(response.headers.get("retry-after") ?? WAIT_MS / 1000) * 1000;
}

async function refusal(failure: Response | Error): Promise<Error> {
  if (failure instanceof Error) return failure;
  const parsed = ErrorEnvelope.safeParse(await failure.json().catch(() => undefined));
  if (!parsed.success) return new Error(`the service answered ${failure.status}`);
  const { code, message } = parsed.data.error;
  return new Refused(code, message);
}
