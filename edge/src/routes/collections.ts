/** `/v1/collections`: named sets of items, each tied to the model revision that makes its vectors. */
import {
  Collection,
  CollectionList,
  CollectionParams,
  DeletedResponse,
  PutCollectionRequest,
} from "@sightline/shared/api/collections";
import { ApiError } from "@sightline/shared/errors";
import type { Context } from "hono";
import type { z } from "zod";
import { accessFor, registryOf, scopeOf, storeOf } from "../collections/access.ts";
import { deleteEverything } from "../collections/delete-items.ts";
import { type CollectionRecord, newCollection, spaceOf } from "../collections/registry.ts";
import type { App } from "../context.ts";
import { check, readBody } from "../http/body.ts";
import { catalogueContext, findModel } from "../inference.ts";
import { admit } from "../middleware/admission.ts";
import { requireScope } from "../middleware/identity.ts";
import type { Router } from "../router.ts";

const TAG = "Collections";

export function collections(router: Router): void {
  router.add(
    {
      method: "get",
      path: "/v1/collections",
      operationId: "listCollections",
      summary: "List your collections",
      tag: TAG,
      answer: CollectionList,
    },
    requireScope("search"),
    async (c) => {
      await admit(c, { read: 1 });
      const records = await registryOf(c).list();
      return c.json({ object: "list", data: records.map(summary) } satisfies z.infer<typeof CollectionList>);
    },
  );

  router.add(
    {
      method: "put",
      path: "/v1/collections/{name}",
      operationId: "putCollection",
      summary: "Create a collection, or change what may be changed of it",
      description: "Idempotent. The model is chosen once: a collection that exists with another model is a conflict.",
      tag: TAG,
      params: CollectionParams,
      body: PutCollectionRequest,
      answer: Collection,
      idempotent: true,
    },
    requireScope("write"),
    async (c) => {
      const { name } = check(CollectionParams, c.req.param());
      const request = await readBody(c, PutCollectionRequest);
      await admit(c, { write: 1 });
      return c.json(await describe(c, await put(c, name, request)));
    },
  );

  router.add(
    {
      method: "get",
      path: "/v1/collections/{name}",
      operationId: "getCollection",
      summary: "Read a collection, with its item counts",
      tag: TAG,
      params: CollectionParams,
      answer: Collection,
    },
    requireScope("search"),
    async (c) => {
      const { name } = check(CollectionParams, c.req.param());
      await admit(c, { read: 1 });
      return c.json(await describe(c, await registryOf(c).get(name)));
    },
  );

  router.add(
    {
      method: "delete",
      path: "/v1/collections/{name}",
      operationId: "deleteCollection",
      summary: "Delete a collection and all its items",
      tag: TAG,
      params: CollectionParams,
      answer: DeletedResponse,
      idempotent: true,
    },
    requireScope("write"),
    async (c) => {
      const { name } = check(CollectionParams, c.req.param());
      const registry = registryOf(c);
      await admit(c, { write: 1 });
      const record = await registry.getForWrite(name);
      // Items first: if this stops half-way, the collection is still there to be deleted again. What is being written
      // meanwhile lies under an id that no collection has any more.
      const deleted = await deleteEverything(accessFor(c, c.var.identity.tenant), record);
      await registry.delete(record);
      return c.json({ deleted } satisfies z.infer<typeof DeletedResponse>);
    },
  );
}

async function put(
  c: Context<App>,
  name: CollectionRecord["name"],
  request: z.infer<typeof PutCollectionRequest>,
): Promise<CollectionRecord> {
  const registry = registryOf(c);
  const existing = await registry.find(name);
  if (!existing) {
    // The collection is bound to the revision for good: not to one that has been replaced since the last look.
    await c.var.services.models.renew(catalogueContext(c));
    const model = await findModel(c, "clip", request.model);
    const record = newCollection({
      name,
      model: model.id,
      revision: model.revision,
      dims: model.dims,
      description: request.description ?? "",
      pictures: request.pictures ?? true,
      createdAt: new Date().toISOString(),
    });
    return (await registry.create(record)) ? record : put(c, name, request);
  }
  if (request.model !== undefined && request.model !== existing.model) {
    throw new ApiError("collection_conflict", {
      param: "model",
      message: `The collection "${name}" exists with the model "${existing.model}".`,
    });
  }
  const { description = existing.description, pictures = existing.pictures } = request;
  if (description === existing.description && pictures === existing.pictures) return existing;
  const changed = { ...existing, description, pictures };
  // Another call may have deleted it since, and made another one.
  return (await registry.replace(changed)) ? changed : put(c, name, request);
}

const summary = (record: CollectionRecord) => ({
  name: record.name,
  model: record.model,
  revision: record.revision,
  description: record.description,
  pictures: record.pictures,
  created_at: record.createdAt,
});

async function describe(c: Context<App>, record: CollectionRecord): Promise<Collection> {
  const { text, image } = await storeOf(c).count(spaceOf(record), scopeOf(c, record));
  return { ...summary(record), items: { text, image, total: text + image } };
}
