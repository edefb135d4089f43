import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packedSizeAtMost } from "./packed-size.ts";
import { pack } from "./protocol.ts";

const anyValue = fc.anything({
  values: [fc.string({ unit: "binary" }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.uint8Array()],
});

describe("the size that a packed value has at most", () => {
  it("is never too small, so that the buffer is never copied", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(pack(value).length).toBeLessThanOrEqual(packedSizeAtMost(value));
      }),
    );
  });

  it("is that of the pictures and little more, and so is the buffer", () => {
    const items = Array.from({ length: 3 }, (_, i) => ({
      id: `i${i}`,
      source: { kind: "image", bytes: new Uint8Array(2 ** 20) },
    }));
    const packed = pack({ items });
    expect(packed.length).toBeGreaterThan(3 * 2 ** 20);
    expect(packed.buffer.byteLength).toBeLessThan(3 * 2 ** 20 + 1000);
  });
});
