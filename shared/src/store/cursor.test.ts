import { describe, expect, it } from "vitest";
import { CollectionName, ItemId, TenantId } from "../ids.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { pointId } from "./point-id.ts";

const scope = (tenant: string, collection: string) => ({
  tenant: TenantId.parse(tenant),
  collection: CollectionName.parse(collection),
});

describe("a cursor", () => {
  const mine = scope("acme", "shop");
  const position = pointId(mine, ItemId.parse("sku-1"));

  it("leads back to where it was given out", async () => {
    expect(await readCursor(mine, await writeCursor(mine, await position))).toBe(await position);
  });

  it("is refused in every other scope, and if anything of it is changed", async () => {
    const cursor = await writeCursor(mine, await position);
    for (const other of [scope("rival", "shop"), scope("acme", "shop-2"), scope("shop", "acme")]) {
      await expect(readCursor(other, cursor)).rejects.toMatchObject({ code: "invalid_cursor" });
    }
    const last = cursor.endsWith("0") ? "1" : "0";
    for (const wrong of [
      "",
      cursor.slice(0, -1),
      `${cursor.slice(0, -1)}${last}`,
      `${cursor}0`,
      cursor.toUpperCase(),
    ]) {
      await expect(readCursor(mine, wrong)).rejects.toMatchObject({ code: "invalid_cursor" });
    }
  });
});
