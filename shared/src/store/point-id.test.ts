import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CollectionName, ItemId, TenantId } from "../ids.ts";
import { pointId, uuidV5 } from "./point-id.ts";

const scope = (tenant: string, collection: string) => ({
  tenant: TenantId.parse(tenant),
  collection: CollectionName.parse(collection),
});

describe("point ids", () => {
  it("are UUIDv5 as in RFC 9562, appendix A.4", async () => {
    const dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    expect(await uuidV5(dns, "www.example.com")).toBe("2ed6657d-e927-568b-95e1-2665a8aea6a2");
  });

  it("never change, or stored points would be orphaned", async () => {
    expect(await pointId(scope("acme", "shop"), ItemId.parse("sku-1"))).toBe("a3c43382-23ab-5c3c-a209-ae2d00eb5931");
  });

  it("differ wherever tenant, collection or item differ", async () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,4}$/);
    const place = fc.tuple(name, name, fc.constantFrom("a", "A", "a/b", "b/a", "é", "e\u0301", " "));
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        const [x, y] = await Promise.all([a, b].map(([t, c, i]) => pointId(scope(t, c), ItemId.parse(i))));
        expect(x === y).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});
