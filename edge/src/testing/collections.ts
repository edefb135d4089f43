/** Collections of their own for tests. */
import { bytesToBase64 } from "@sightline/shared/vectors";
import { expect } from "vitest";
import { put } from "./client.ts";
import { png } from "./images.ts";

export const fresh = (): string => `c-${crypto.randomUUID().slice(0, 8)}`;
export const picture = async (r: number, g: number, b: number): Promise<string> => bytesToBase64(await png(r, g, b));

export async function collectionWith(items: readonly object[]): Promise<string> {
  const name = fresh();
  expect((await put(`/v1/collections/${name}`, {})).status).toBe(200);
  if (items.length > 0) {
    const { body } = await put(`/v1/collections/${name}/items`, { items });
    expect(body.failed).toBe(0);
  }
  return name;
}
