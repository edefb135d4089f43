/** The few calls that the local stack makes to its own public API, as any client would. */
import { Collection, type ItemInput, PutItemsResponse } from "@sightline/shared/api/collections";
import { ModelsResponse } from "@sightline/shared/api/inference";
import type { z } from "zod";

export interface Api {
  /** @returns undefined if there is no such collection. */
  collection(name: string): Promise<Collection | undefined>;
  createCollection(name: string, description: string): Promise<Collection>;
  deleteCollection(name: string): Promise<void>;
  putItems(name: string, items: readonly z.input<typeof ItemInput>[]): Promise<PutItemsResponse>;
  models(): Promise<ModelsResponse>;
}

export function apiClient(url: string, apiKey: string): Api {
  async function call(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${apiKey}`, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
  async function ask<T>(schema: z.ZodType<T>, ...request: Parameters<typeof call>): Promise<T> {
    const response = await call(...request);
    if (!response.ok) throw new Error(`${request[0]} ${request[1]}: ${response.status} ${await response.text()}`);
    return schema.parse(await response.json());
  }

  return {
    async collection(name) {
      const response = await call("GET", `/v1/collections/${name}`);
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`GET /v1/collections/${name}: ${response.status} ${await response.text()}`);
      return Collection.parse(await response.json());
    },
    createCollection: (name, description) => ask(Collection, "PUT", `/v1/collections/${name}`, { description }),
    async deleteCollection(name) {
      const response = await call("DELETE", `/v1/collections/${name}`);
      if (!response.ok && response.status !== 404)
        throw new Error(`DELETE /v1/collections/${name}: ${response.status}`);
    },
    putItems: (name, items) => ask(PutItemsResponse, "PUT", `/v1/collections/${name}/items`, { items }),
    models: () => ask(ModelsResponse, "GET", "/v1/models"),
  };
}
