/** `/admin/v1/tenants/{tenant}/collections`: migrations of collections to other models, and checks of their index. */
import { DeletedResponse } from "@sightline/shared/api/collections";
import {
  CopyRequest,
  Migration,
  OperatedCollectionList,
  OperatedCollectionParams,
  OperatedTenantParams,
  StartMigrationRequest,
  SwitchRequest,
  Verification,
  VerifyRequest,
} from "@sightline/shared/api/migrations";
import type { Context } from "hono";
import type { z } from "zod";
import { accessFor } from "../../collections/access.ts";
import type { CollectionRecord } from "../../collections/registry.ts";
import type { App } from "../../context.ts";
import { check, readBody } from "../../http/body.ts";
import { catalogueContext } from "../../inference.ts";
import {
  continueCopying,
  describeMigration,
  dropOther,
  type Operation,
  rollBack,
  startMigration,
  switchPlaces,
} from "../../migrations/migration.ts";
import { verify } from "../../migrations/verify.ts";
import type { Router } from "../../router.ts";

const COMMON = { tag: "Operator", access: "operator", params: OperatedCollectionParams } as const;
const ALL = "/admin/v1/tenants/{tenant}/collections" as const;
const MIGRATION = "/admin/v1/tenants/{tenant}/collections/{name}/migration" as const;

export function adminCollections(router: Router): void {
  router.add(
    {
      ...COMMON,
      method: "get",
      path: ALL,
      operationId: "listTenantCollections",
      summary: "List a tenant's collections, their models and migrations",
      params: OperatedTenantParams,
      answer: OperatedCollectionList,
    },
    async (c) => {
      const { tenant } = check(OperatedTenantParams, c.req.param());
      const records = await accessFor(c, tenant).registry.list();
      const data = records.map(({ name, model, revision, mirror }) => ({
        name,
        model,
        revision,
        migration: mirror?.role ?? null,
      }));
      return c.json({ object: "list", data } satisfies z.infer<typeof OperatedCollectionList>);
    },
  );

  router.add(
    {
      ...COMMON,
      method: "post",
      path: `${ALL}/{name}/verify`,
      operationId: "verifyCollection",
      summary: "Count a collection's items, and measure what a search misses",
      description:
        "Searches for a random sample of its items by their own vectors, as callers do and exhaustively, in each of its places. Each should come " +
        "first itself. The counts are what the index holds; nothing else counts them. An exhaustive search of a " +
        "large collection takes long: as many items are searched for as the call has time for.",
      body: VerifyRequest,
      answer: Verification,
    },
    async (c) => {
      const { sample } = await readBody(c, VerifyRequest);
      const { access, record } = await operated(c);
      return c.json(await verify(access, record, sample, () => c.var.deadline.remainingMs()));
    },
  );

  router.add(
    {
      ...COMMON,
      method: "post",
      path: MIGRATION,
      operationId: "startMigration",
      summary: "Begin to move a collection to another model or revision",
      description:
        "From now on every write goes to both. Then copy, verify, switch, and drop the old place; searches and writes go on. " +
        "Texts are embedded anew, and images from their pictures of up to 512 pixels.",
      body: StartMigrationRequest,
      answer: Migration,
    },
    async (c) => {
      const wanted = await readBody(c, StartMigrationRequest);
      const { record, ...op } = await operated(c);
      return c.json(await startMigration(op, record, await target(c, record, wanted)));
    },
  );

  router.add(
    {
      ...COMMON,
      method: "get",
      path: MIGRATION,
      operationId: "getMigration",
      summary: "Read how far a migration has come",
      answer: Migration,
    },
    async (c) => {
      const { record, ...op } = await operated(c);
      return c.json(await describeMigration(op, record));
    },
  );

  router.add(
    {
      ...COMMON,
      method: "post",
      path: `${MIGRATION}/copy`,
      operationId: "copyItems",
      summary: "Copy the next items",
      description:
        "Called until the status is `copied`. A call that fails is repeated; who stops may go on at any time. Called again after " +
        "that, it begins another pass, over what was left behind.",
      body: CopyRequest,
      answer: Migration,
    },
    async (c) => {
      const { items } = await readBody(c, CopyRequest);
      const { record, ...op } = await operated(c);
      return c.json(await continueCopying(op, record, items));
    },
  );

  router.add(
    {
      ...COMMON,
      method: "post",
      path: `${MIGRATION}/switch`,
      operationId: "switchMigration",
      summary: "Search the new place from now on",
      description: "The old one gets every write, too, until it is dropped. Cursors of listings begin anew.",
      body: SwitchRequest,
      answer: Migration,
    },
    async (c) => {
      const { leave_behind: mayLeaveBehind } = await readBody(c, SwitchRequest);
      const { record, ...op } = await operated(c);
      return c.json(await switchPlaces(op, record, mayLeaveBehind));
    },
  );

  router.add(
    {
      ...COMMON,
      method: "post",
      path: `${MIGRATION}/rollback`,
      operationId: "rollBackMigration",
      summary: "Search the old place again",
      description: "Nothing that was written since the switch is lost, and it can be switched again.",
      answer: Migration,
    },
    async (c) => {
      const { record, ...op } = await operated(c);
      return c.json(await rollBack(op, record));
    },
  );

  router.add(
    {
      ...COMMON,
      method: "delete",
      path: MIGRATION,
      operationId: "endMigration",
      summary: "Drop the place that is not searched",
      description: "Before the switch this gives the migration up, after it this ends it: there is no way back then.",
      answer: DeletedResponse,
    },
    async (c) => {
      const { record, ...op } = await operated(c);
      return c.json({ deleted: await dropOther(op, record) } satisfies z.infer<typeof DeletedResponse>);
    },
  );
}

/** The collection of the path as it is now, and what there is to work on it with. */
async function operated(c: Context<App>): Promise<Operation & { readonly record: CollectionRecord }> {
  const { tenant, name } = check(OperatedCollectionParams, c.req.param());
  const access = accessFor(c, tenant);
  const record = await access.registry.getForWrite(name);
  return { access, record, backend: c.var.services.backend, redis: c.var.redis, now: Date.now };
}

/** @throws ApiError(model_not_found) */
async function target(c: Context<App>, record: CollectionRecord, wanted: z.infer<typeof StartMigrationRequest>) {
  const { models } = c.var.services;
  const context = catalogueContext(c);
  await models.renew(context);
  const { model: id = record.model, revision: given } = wanted;
  const { revision, dims } = given
    ? await models.findRevision("clip", { id, revision: given }, context)
    : await models.find("clip", id, context);
  return { model: id, revision, dims };
}
