/** The operator API's calls about tenants and their keys; `../types.test.ts` holds the types to the contract. */
import { type CallOptions, type Deleted, Transport } from "../transport.ts";
import type { Usage } from "../types.ts";
import { sayWaiting } from "./context.ts";
import { ADMIN_TOKEN, readSettings } from "./settings.ts";

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
  readonly status: string;
  readonly created_at: string;
}

export interface TenantChanges {
  readonly name?: string;
  readonly plan?: string;
  readonly status?: string;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: string;
  /** null: it does not expire. */
  readonly expires_at: string | null;
}

export interface NewApiKey extends ApiKey {
  /** Told this once. */
  readonly key: string;
}

export interface KeySettings {
  readonly name?: string;
  /** All of them if absent. */
  readonly scopes?: readonly string[];
  readonly expires_at?: string;
}

export interface KeyChanges {
  readonly name?: string;
  /** null: it does not expire. */
  readonly expires_at?: string | null;
}

interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor?: string | null;
}

/** A second try after an answer that was lost would make a second key. */
const ONCE: CallOptions = { maxRetries: 0 };

/** @throws UsageError if it is not known where the API is, or with which token. */
export async function operatorOf(): Promise<Operator> {
  const { baseUrl, secret } = await readSettings(ADMIN_TOKEN, process.env, process.cwd());
  return new Operator(new Transport({ baseUrl, apiKey: secret, fetch, onRetry: sayWaiting }));
}

export class Operator {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async tenants(): Promise<readonly Tenant[]> {
    const all: Tenant[] = [];
    for (let cursor: string | undefined; ; ) {
      const call = { method: "GET", path: "/admin/v1/tenants", query: { cursor } } as const;
      const page: Page<Tenant> = await this.#transport.json<Page<Tenant>>(call);
      all.push(...page.data);
      if (!page.next_cursor) return all;
      cursor = page.next_cursor;
    }
  }

  tenant(id: string): Promise<Tenant> {
    return this.#transport.json({ method: "GET", path: tenantPath(id) });
  }

  createTenant(tenant: { readonly id: string; readonly plan: string; readonly name?: string }): Promise<Tenant> {
    return this.#transport.json({ method: "POST", path: "/admin/v1/tenants", json: tenant }, ONCE);
  }

  updateTenant(id: string, changes: TenantChanges): Promise<Tenant> {
    return this.#transport.json({ method: "PATCH", path: tenantPath(id), json: changes });
  }

  deleteTenant(id: string): Promise<Deleted> {
    return this.#transport.json({ method: "DELETE", path: tenantPath(id), ifGone: { deleted: 1 } });
  }

  usage(id: string, month: string | undefined): Promise<Usage> {
    return this.#transport.json({ method: "GET", path: `${tenantPath(id)}/usage`, query: { month } });
  }

  async keys(tenant: string): Promise<readonly ApiKey[]> {
    const call = { method: "GET", path: `${tenantPath(tenant)}/keys` } as const;
    return (await this.#transport.json<Page<ApiKey>>(call)).data;
  }

  createKey(tenant: string, settings: KeySettings): Promise<NewApiKey> {
    return this.#transport.json({ method: "POST", path: `${tenantPath(tenant)}/keys`, json: settings }, ONCE);
  }

  updateKey(tenant: string, key: string, changes: KeyChanges): Promise<ApiKey> {
    return this.#transport.json({ method: "PATCH", path: keyPath(tenant, key), json: changes });
  }

  /** @param overlapSeconds how long the old key goes on working; a day unless said. */
  rotateKey(tenant: string, key: string, overlapSeconds: number | undefined): Promise<NewApiKey> {
    const json = { ...(overlapSeconds !== undefined && { overlap_seconds: overlapSeconds }) };
    return this.#transport.json({ method: "POST", path: `${keyPath(tenant, key)}/rotate`, json }, ONCE);
  }

  revokeKey(tenant: string, key: string): Promise<Deleted> {
    return this.#transport.json({ method: "DELETE", path: keyPath(tenant, key), ifGone: { deleted: 1 } });
  }
}

const tenantPath = (id: string): string => `/admin/v1/tenants/${encodeURIComponent(id)}`;
const keyPath = (tenant: string, key: string): string => `${tenantPath(tenant)}/keys/${encodeURIComponent(key)}`;
