/** `/v1/collections/{name}/items`: upsert, read, list and delete what a collection holds. */
import {
  CollectionParams,
  DeletedResponse,
  DeleteItemsRequest,
  Item,
  ItemList,
  ItemParams,
  ListItemsQuery,
  PutItemsEnvelope,
  PutItemsRequest,
  PutItemsResponse,
} from "@sightline/shared/api/collections";
import { ApiError } from "@sightline/shared/errors";
import type { ScrolledPoint } from "@sightline/shared/store/port";
import { z } from "zod";
import { accessFor, picturesOf, registryOf, scopeOf, storeOf } from "../collections/access.ts";
import { deleteItems, deleteMatching } from "../collections/delete-items.ts";
import { spaceOf } from "../collections/registry.ts";
import { writeItems } from "../collections/write-items.ts";
import { check, readBody } from "../http/body.ts";
import { admit, foundOrCharged } from "../middleware/admission.ts";
import { requireScope } from "../middleware/identity.ts";
import type { Router } from "../router.ts";

const TAG = "Items";
const ITEMS = "/v1/collections/{name}/items" as const;
const ITEM = "/v1/collections/{name}/items/{id}" as const;

export function items(router: Router): void {
  router.add(
    {
      method: "put",
      path: ITEMS,
      operationId: "putItems",
      summary: "Add or replace items",
      description:
        "Each item is a text, an image or a vector of the collection's model, and succeeds or fails alone. An item is `stored` only when it is durable. " +
        "Where nothing could be stored, and not because of the items, the call fails. An answer in which an item failed with 500 or above is not " +
        "kept under its `Idempotency-Key`: repeat the call.",
      tag: TAG,
      params: CollectionParams,
      body: PutItemsRequest,
      answer: PutItemsResponse,
      idempotent: true,
    },
    requireScope("write"),
    async (c) => {
      const { name } = check(CollectionParams, c.req.param());
      const { items } = await readBody(c, PutItemsEnvelope, { apart: "items" });
      const record = await foundOrCharged(c, registryOf(c).getForWrite(name));
      return c.json((await writeItems(c, record, items)) satisfies PutItemsResponse);
    },
  );

  router.add(
    {
      method: "get",
      path: ITEMS,
      operationId: "listItems",
      summary: "List items, page by page",
      description:
        "Pass `next_cursor` of one page as `cursor` of the next. The order is the store's own and does not change.",
      tag: TAG,
      params: CollectionParams,
      query: ListItemsQuery,
      answer: ItemList,
    },
    requireScope("search"),
    async (c) => {
      const { name } = check(CollectionParams, c.req.param());
      const query = check(ListItemsQuery, c.req.query());
      await admit(c, { read: 1 });
      const record = await registryOf(c).get(name);
      const page = { ...query, withVectors: false };
      const { points, next } = await storeOf(c).scroll(spaceOf(record), scopeOf(c, record), page).catch(blameCursor);
      return c.json({
        object: "list",
        data: points.map((point) => toItem(point)),
        next_cursor: next ?? null,
      } satisfies z.infer<typeof ItemList>);
    },
  );

  router.add(
    {
      method: "post",
      path: "/v1/collections/{name}/items/delete",
      operationId: "deleteItems",
      summary: "Delete items by ids or by filter",
      tag: TAG,
      params: CollectionParams,
      body: DeleteItemsRequest,
      answer: DeletedResponse,
      idempotent: true,
    },
    requireScope("write"),
    async (c) => {
      const { name } = check(CollectionParams, c.req.param());
      const selector = await readBody(c, DeleteItemsRequest);
      await admit(c, { write: 1 });
      const record = await registryOf(c).getForWrite(name);
      const access = accessFor(c, c.var.identity.tenant);
      const deleted =
        "ids" in selector
          ? await deleteItems(access, record, selector.ids)
          : await deleteMatching(access, record, selector.filter);
      return c.json({ deleted } satisfies z.infer<typeof DeletedResponse>);
    },
  );

  router.add(
    {
      method: "get",
      path: ITEM,
      operationId: "getItem",
      summary: "Read an item, with its vector",
      tag: TAG,
      params: ItemParams,
      answer: Item,
    },
    requireScope("search"),
    async (c) => {
      const { name, id } = check(ItemParams, c.req.param());
      await admit(c, { read: 1 });
      const record = await registryOf(c).get(name);
      const [point] = await storeOf(c).get(spaceOf(record), scopeOf(c, record), [id]);
      if (!point) throw itemNotFound(id);
      return c.json(toItem(point));
    },
  );

  router.add(
    {
      method: "get",
      path: `${ITEM}/image`,
      operationId: "getItemImage",
      summary: "The picture of an image item, as a WebP of at most 512 pixels",
      tag: TAG,
      params: ItemParams,
      answerTypes: { "image/webp": z.string().meta({ format: "binary" }) },
    },
    requireScope("search"),
    async (c) => {
      const { name, id } = check(ItemParams, c.req.param());
      await admit(c, { read: 1 });
      const record = await registryOf(c).get(name);
      const picture = await picturesOf(c, record).get(id);
      if (!picture)
        throw new ApiError("item_not_found", { message: `There is no picture of "${id}" in this collection.` });
      c.header("Content-Type", "image/webp");
      c.header("ETag", picture.httpEtag);
      // Kept for a while, since pages show the same pictures over and over, but only for the key that fetched it: another one may see
      // another picture under this name, or none.
      c.header("Cache-Control", "private, max-age=300");
      c.header("Vary", "Authorization");
      if (c.req.header("if-none-match") === picture.httpEtag) return c.body(null, 304);
      return c.body(picture.body);
    },
  );

  router.add(
    {
      method: "delete",
      path: ITEM,
      operationId: "deleteItem",
      summary: "Delete an item",
      tag: TAG,
      params: ItemParams,
      answer: DeletedResponse,
      idempotent: true,
    },
    requireScope("write"),
    async (c) => {
      const { name, id } = check(ItemParams, c.req.param());
      await admit(c, { write: 1 });
      const record = await registryOf(c).getForWrite(name);
      const deleted = await deleteItems(accessFor(c, c.var.identity.tenant), record, [id]);
      if (deleted === 0) throw itemNotFound(id);
      return c.json({ deleted } satisfies z.infer<typeof DeletedResponse>);
    },
  );
}

/** The store does not know which field its cursor came in. */
const blameCursor = (error: unknown): never => {
  throw error instanceof ApiError && error.code === "invalid_cursor" ? error.at("cursor") : error;
};

const itemNotFound = (id: string): ApiError =>
  new ApiError("item_not_found", { message: `There is no item "${id}" in this collection.` });

function toItem(point: ScrolledPoint): z.infer<typeof Item> {
  return {
    id: point.id,
    modality: point.modality,
    metadata: point.metadata,
    ...(point.text !== undefined && { text: point.text }),
    ...(point.vector && { embedding: Array.from(point.vector) }),
  };
}
