/** `/admin/v1/tenants`: who may use the service, and with which plan. */
import {
  CreateTenantRequest,
  ListTenantsQuery,
  Tenant,
  TenantList,
  TenantParams,
  UpdateTenantRequest,
} from "@sightline/shared/api/admin";
import { DeletedResponse } from "@sightline/shared/api/collections";
import type { TenantRecord } from "@sightline/shared/tenants";
import type { z } from "zod";
import { check, readBody } from "../../http/body.ts";
import type { Router } from "../../router.ts";
import { asking, directoryOf } from "./access.ts";

const COMMON = { tag: "Operator", access: "operator" } as const;

export function adminTenants(router: Router): void {
  router.add(
    {
      ...COMMON,
      method: "post",
      path: "/admin/v1/tenants",
      operationId: "createTenant",
      summary: "Create a tenant",
      body: CreateTenantRequest,
      answer: Tenant,
      status: 201,
    },
    async (c) => {
      const { id, name = "", plan } = await readBody(c, CreateTenantRequest);
      const tenant: TenantRecord = { id, name, plan, status: "active", createdAt: new Date().toISOString() };
      await asking(() => directoryOf(c).create(tenant));
      return c.json(shown(tenant), 201);
    },
  );

  router.add(
    {
      ...COMMON,
      method: "get",
      path: "/admin/v1/tenants",
      operationId: "listTenants",
      summary: "List tenants in the order of their ids",
      query: ListTenantsQuery,
      answer: TenantList,
    },
    async (c) => {
      const { cursor = "", limit } = check(ListTenantsQuery, c.req.query());
      // One more than asked for tells whether there is another page.
      const found = await asking(() => directoryOf(c).list(cursor, limit + 1));
      const page = found.slice(0, limit);
      return c.json({
        object: "list",
        data: page.map(shown),
        next_cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      } satisfies z.infer<typeof TenantList>);
    },
  );

  router.add(
    {
      ...COMMON,
      method: "get",
      path: "/admin/v1/tenants/{tenant}",
      operationId: "getTenant",
      summary: "Read a tenant",
      params: TenantParams,
      answer: Tenant,
    },
    async (c) => {
      const { tenant } = check(TenantParams, c.req.param());
      return c.json(shown(await asking(() => directoryOf(c).get(tenant))));
    },
  );

  router.add(
    {
      ...COMMON,
      method: "patch",
      path: "/admin/v1/tenants/{tenant}",
      operationId: "updateTenant",
      summary: "Change a tenant's name, plan or status",
      description:
        "A `suspended` tenant's calls are refused with 403. Isolates that know one of its keys notice within 30 s.",
      params: TenantParams,
      body: UpdateTenantRequest,
      answer: Tenant,
    },
    async (c) => {
      const { tenant: id } = check(TenantParams, c.req.param());
      const changes = await readBody(c, UpdateTenantRequest);
      return c.json(shown(await asking(() => directoryOf(c).change(id, (tenant) => ({ ...tenant, ...changes })))));
    },
  );

  router.add(
    {
      ...COMMON,
      method: "delete",
      path: "/admin/v1/tenants/{tenant}",
      operationId: "deleteTenant",
      summary: "Delete a tenant and its keys",
      description:
        "Refused while the tenant has collections, so that nobody loses data by one call. Isolates that know one of its keys take " +
        "calls for up to 30 s more, none of which makes a collection; give its id to nobody else until then.",
      params: TenantParams,
      answer: DeletedResponse,
    },
    async (c) => {
      const { tenant } = check(TenantParams, c.req.param());
      await asking(async () => {
        await directoryOf(c).get(tenant);
        await directoryOf(c).delete(tenant);
      });
      return c.json({ deleted: 1 } satisfies z.infer<typeof DeletedResponse>);
    },
  );
}

const shown = ({ createdAt, ...tenant }: TenantRecord): Tenant => ({ ...tenant, created_at: createdAt });
