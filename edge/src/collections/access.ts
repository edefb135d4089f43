/** A tenant's collections as a request may reach them: its registry, store, scopes and pictures. */
import type { TenantId } from "@sightline/shared/ids";
import type { Scope } from "@sightline/shared/store/port";
import { redisKeys } from "@sightline/shared/tenants";
import type { Context } from "hono";
import type { CallContext } from "../backend/client.ts";
import type { App } from "../context.ts";
import { catalogueContext } from "../inference.ts";
import { directStore } from "./direct-store.ts";
import { Pictures } from "./pictures.ts";
import type { Placement } from "./placement.ts";
import { type CollectionRecord, CollectionRegistry } from "./registry.ts";
import { type EdgeStore, remoteStore } from "./remote-store.ts";
import { Turns } from "./turns.ts";

export interface Access {
  readonly tenant: TenantId;
  readonly call: CallContext;
  readonly registry: CollectionRegistry;
  readonly store: EdgeStore;
  /** The only place where a scope is made. */
  scope(place: Placement): Scope;
  pictures(record: CollectionRecord): Pictures;
  turns(record: CollectionRecord): Turns;
}

/** @param tenant the authenticated one; another one only for the operator. */
export function accessFor(c: Context<App>, tenant: TenantId): Access {
  const { services, deadline, redis } = c.var;
  const { requestId, trace, region } = catalogueContext(c);
  const call: CallContext = { requestId, trace, region, tenant, deadline, onOrigin: (id) => c.set("origin", id) };
  const remote = remoteStore(services.backend, call);
  return {
    tenant,
    call,
    registry: new CollectionRegistry(redis, services.collections, tenant),
    store: services.qdrant
      ? directStore({
          connection: services.qdrant,
          writes: remote,
          callMs: () => deadline.remainingMs(),
          trace,
        })
      : remote,
    scope: ({ scope }) => ({ tenant, collection: scope }),
    pictures: ({ id }) => new Pictures(c.env.PICTURES, { tenant, collection: id }),
    turns: ({ id }) => new Turns(redis, (item) => redisKeys.writing(tenant, id, item)),
  };
}

const mine = (c: Context<App>): Access => accessFor(c, c.var.identity.tenant);

export const registryOf = (c: Context<App>): CollectionRegistry => mine(c).registry;
export const storeOf = (c: Context<App>): EdgeStore => mine(c).store;
export const scopeOf = (c: Context<App>, place: Placement): Scope => mine(c).scope(place);
export const turnsOf = (c: Context<App>, record: CollectionRecord): Turns => mine(c).turns(record);
export const picturesOf = (c: Context<App>, record: CollectionRecord): Pictures => mine(c).pictures(record);
