/** `/admin/v1/tenants/{tenant}/keys`: API keys, which are shown once and stored as digests. */
import {
  ApiKey,
  ApiKeyList,
  CreateKeyRequest,
  KeyParams,
  NewApiKey,
  RotateKeyRequest,
  TenantParams,
  UpdateKeyRequest,
} from "@sightline/shared/api/admin";
import { DeletedResponse } from "@sightline/shared/api/collections";
import type { TenantId } from "@sightline/shared/ids";
import { type KeyRecord, SCOPES } from "@sightline/shared/tenants";
import type { Context } from "hono";
import type { z } from "zod";
import type { App } from "../../context.ts";
import { check, readBody } from "../../http/body.ts";
import type { Router } from "../../router.ts";
import { asking, directoryOf } from "./access.ts";

const COMMON = { tag: "Operator", access: "operator" } as const;
const KEYS = "/admin/v1/tenants/{tenant}/keys";

/** The second part of a key: tells a person at a glance where it belongs. */
const KEY_ENV = { production: "live", development: "dev", test: "test" } as const;

export function adminKeys(router: Router): void {
  router.add(
    {
      ...COMMON,
      method: "post",
      path: KEYS,
      operationId: "createKey",
      summary: "Create an API key",
      description: "The answer is the only place where the key can be read.",
      params: TenantParams,
      body: CreateKeyRequest,
      answer: NewApiKey,
      status: 201,
    },
    async (c) => {
      const { tenant } = check(TenantParams, c.req.param());
      const { name = "", scopes = SCOPES, expires_at = null } = await readBody(c, CreateKeyRequest);
      const wanted = { name, scopes: [...new Set(scopes)], expiresAt: expires_at };
      return c.json(
        await asking(async () => {
          await directoryOf(c).get(tenant);
          return (await create(c, tenant, wanted)).answer;
        }),
        201,
      );
    },
  );

  router.add(
    {
      ...COMMON,
      method: "get",
      path: KEYS,
      operationId: "listKeys",
      summary: "List a tenant's API keys, oldest first",
      params: TenantParams,
      answer: ApiKeyList,
    },
    async (c) => {
      const { tenant } = check(TenantParams, c.req.param());
      const keys = await asking(async () => {
        await directoryOf(c).get(tenant);
        return directoryOf(c).keys(tenant);
      });
      return c.json({ object: "list", data: keys.map(shown) } satisfies z.infer<typeof ApiKeyList>);
    },
  );

  router.add(
    {
      ...COMMON,
      method: "post",
      path: `${KEYS}/{key}/rotate`,
      operationId: "rotateKey",
      summary: "Replace an API key by a new one of the same name, scopes and expiry",
      description:
        "The old key goes on working for `overlap_seconds`, or until its own earlier expiry. The new one ends when the old one was to end; PATCH changes that.",
      params: KeyParams,
      body: RotateKeyRequest,
      answer: NewApiKey,
      status: 201,
    },
    async (c) => {
      const { tenant, key } = check(KeyParams, c.req.param());
      const { overlap_seconds } = await readBody(c, RotateKeyRequest);
      return c.json(
        await asking(async () => {
          const { name, scopes, expiresAt } = await directoryOf(c).key(tenant, key);
          const { fresh, answer } = await create(c, tenant, { name, scopes, expiresAt });
          try {
            await directoryOf(c).changeKey(tenant, key, (old) => ({
              ...old,
              expiresAt: earlier(old.expiresAt, overlap_seconds),
            }));
          } catch (error) {
            // Nobody has seen it: it must not stay behind.
            await directoryOf(c).revokeKey(fresh);
            throw error;
          }
          return answer;
        }),
        201,
      );
    },
  );

  router.add(
    {
      ...COMMON,
      method: "patch",
      path: `${KEYS}/{key}`,
      operationId: "updateKey",
      summary: "Change an API key's name or expiry",
      description: "A time in the past ends the key; isolates that know it notice within 30 s.",
      params: KeyParams,
      body: UpdateKeyRequest,
      answer: ApiKey,
    },
    async (c) => {
      const { tenant, key } = check(KeyParams, c.req.param());
      const { name, expires_at } = await readBody(c, UpdateKeyRequest);
      return c.json(
        await asking(async () => {
          const change = (old: KeyRecord): KeyRecord => ({
            ...old,
            ...(name !== undefined && { name }),
            ...(expires_at !== undefined && { expiresAt: expires_at }),
          });
          return shown(await directoryOf(c).changeKey(tenant, key, change));
        }),
      );
    },
  );

  router.add(
    {
      ...COMMON,
      method: "delete",
      path: `${KEYS}/{key}`,
      operationId: "revokeKey",
      summary: "Revoke an API key",
      description: "It stops working at once, but for isolates that know it: there within 30 s.",
      params: KeyParams,
      answer: DeletedResponse,
    },
    async (c) => {
      const { tenant, key } = check(KeyParams, c.req.param());
      await asking(async () => directoryOf(c).revokeKey(await directoryOf(c).key(tenant, key)));
      return c.json({ deleted: 1 } satisfies z.infer<typeof DeletedResponse>);
    },
  );
}

async function create(
  c: Context<App>,
  tenant: TenantId,
  wanted: Pick<KeyRecord, "name" | "scopes" | "expiresAt">,
): Promise<{ readonly fresh: KeyRecord; readonly answer: z.infer<typeof NewApiKey> }> {
  const { KEY_PEPPER: pepper, ENVIRONMENT } = c.var.services.config;
  const { key, record } = await directoryOf(c).createKey(tenant, wanted, { pepper, env: KEY_ENV[ENVIRONMENT] });
  return { fresh: record, answer: { ...shown(record), key } };
}

/** @returns the old key's expiry: after the overlap, unless it ends before that anyway. */
function earlier(expiresAt: string | null, overlapSeconds: number): string {
  const overlap = Date.now() + overlapSeconds * 1000;
  return new Date(expiresAt === null ? overlap : Math.min(overlap, Date.parse(expiresAt))).toISOString();
}

const shown = ({ publicId, name, scopes, createdAt, expiresAt }: KeyRecord): ApiKey => ({
  id: publicId,
  name,
  scopes,
  created_at: createdAt,
  expires_at: expiresAt,
});
