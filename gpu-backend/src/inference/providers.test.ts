import { describe, expect, it } from "vitest";
import { openWithFirst, type Provider, registeredFor } from "./providers.ts";

const only = (able: Provider) => async (provider: Provider) => {
  if (provider !== able) throw new Error(`no library for ${provider}\n`);
  return `session on ${provider}`;
};

describe("openWithFirst", () => {
  it("takes the first provider that opens the session and keeps the reasons of those before it", async () => {
    expect(await openWithFirst(["tensorrt", "cuda", "cpu"], only("cuda"))).toEqual({
      opened: "session on cuda",
      choice: { chosen: "cuda", refused: [{ provider: "tensorrt", reason: "no library for tensorrt" }] },
    });
  });

  it("names every reason if no provider works", async () => {
    await expect(openWithFirst(["tensorrt", "cuda"], only("cpu"))).rejects.toThrow(
      "no execution provider works: tensorrt (no library for tensorrt); cuda (no library for cuda)",
    );
  });

  it("throws what all providers throw as it is: the fault is none of theirs", async () => {
    const fault = new RangeError("the graph has no such input");
    await expect(openWithFirst(["cuda", "cpu"], () => Promise.reject(fault))).rejects.toBe(fault);
  });
});

describe("registeredFor", () => {
  it("puts CUDA behind TensorRT, and nothing behind the others: what they leave is the CPU's", () => {
    expect(registeredFor("tensorrt")).toEqual(["tensorrt", "cuda"]);
    expect(registeredFor("cuda")).toEqual(["cuda"]);
  });
});
