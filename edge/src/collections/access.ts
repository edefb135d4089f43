/** What the collection routes share: the caller's registry, store, scope and pictures. */
import type { Scope } from "@sightline/shared/store/port";
import type { Context } from "hono";
import type { App } from "../context.ts";
import { callContext } from "../inference.ts";
import { directStore } from "./direct-store.ts";
import { Pictures } from "./pictures.ts";
import { type CollectionRecord, CollectionRegistry } from "./registry.ts";
import { type EdgeStore, remoteStore } from "./remote-store.ts";

export const registryOf = (c: Context<App>): CollectionRegistry =>
  new CollectionRegistry(c.var.redis, c.var.services.collections, c.var.identity.tenant);

export function storeOf(c: Context<App>): EdgeStore {
  const { backend, qdrant } = c.var.services;
  const remote = remoteStore(backend, callContext(c));
  return qdrant ? directStore(qdrant, remote, () => c.var.deadline.remainingMs()) : remote;
}

/** The only place where a scope is made: its tenant is always the authenticated one. */
export const scopeOf = (c: Context<App>, record: CollectionRecord): Scope => ({
  tenant: c.var.identity.tenant,
  collection: record.id,
});

export const picturesOf = (c: Context<App>, record: CollectionRecord): Pictures =>
  new Pictures(c.env.PICTURES, scopeOf(c, record));
