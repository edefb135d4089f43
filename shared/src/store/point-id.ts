/**
 * Deterministic point ids: the UUIDv5 of where an item lives. Writing an item again therefore replaces its point, and no
 * two tenants' items can ever share one, whatever they call them.
 */
import { z } from "zod";
import { toHex } from "../digest.ts";
import type { ItemId } from "../ids.ts";
import type { Scope } from "./port.ts";

/** A UUID in lower-case text form; its first byte is as good as random. */
export const PointId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  .brand<"PointId">();
export type PointId = z.infer<typeof PointId>;

/** Sightline's own namespace, drawn once at random. Changing it orphans every stored point. */
const NAMESPACE = "b4b7aa32-9d55-4a5e-810a-6865590b2669";

const utf8 = new TextEncoder();

/** The name is unambiguous: neither a tenant nor a collection can hold a `/`. */
export async function pointId(scope: Scope, item: ItemId): Promise<PointId> {
  return (await uuidV5(NAMESPACE, `${scope.tenant}/${scope.collection}/${item}`)) as PointId;
}

/** UUID version 5: SHA-1 over namespace and name (RFC 9562 §5.5). */
export async function uuidV5(namespace: string, name: string): Promise<string> {
  const seed = new Uint8Array([...uuidBytes(namespace), ...utf8.encode(name)]);
  const uuid = new Uint8Array(await crypto.subtle.digest("SHA-1", seed)).subarray(0, 16);
  uuid[6] = ((uuid[6] as number) & 0x0f) | 0x50; // version
  uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80; // variant
  return toHex(uuid).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function uuidBytes(uuid: string): number[] {
  const hex = uuid.replaceAll("-", "");
  return Array.from({ length: 16 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
