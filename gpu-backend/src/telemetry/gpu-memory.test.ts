import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { gpuMemoryReader } from "./gpu-memory.ts";

const MIB = 2 ** 20;

function setUp(answers: readonly (string | Error | Promise<string>)[]) {
  let clockMs = 0;
  let asked = 0;
  const read = gpuMemoryReader({
    query: async () => {
      const answer = answers[asked++];
      if (answer instanceof Error) throw answer;
      return answer ?? "";
    },
    now: () => clockMs,
    patienceMs: 20,
  });
  return {
    read,
    asked: () => asked,
    advance: (ms: number) => {
      clockMs += ms;
    },
  };
}

describe("the memory of the GPUs", () => {
  it("is asked for at most every ten seconds", async () => {
    const { read, asked, advance } = setUp(["0, 100, 1000\n1, 7, 1000\n", "0, 200, 1000\n"]);
    const first = [
      { device: "0", usedBytes: 100 * MIB, totalBytes: 1000 * MIB },
      { device: "1", usedBytes: 7 * MIB, totalBytes: 1000 * MIB },
    ];
    expect(await Promise.all([read(), read()])).toEqual([first, first]);
    advance(9_999);
    expect(await read()).toEqual(first);
    expect(asked()).toBe(1);
    advance(1);
    expect(await read()).toEqual([{ device: "0", usedBytes: 200 * MIB, totalBytes: 1000 * MIB }]);
  });

  it("is unknown where there is no such tool, and where it knows no numbers", async () => {
    const { read, advance } = setUp([new Error("spawn nvidia-smi ENOENT"), "0, [N/A], [N/A]\n", "No devices found\n"]);
    for (let i = 0; i < 3; i++) {
      expect(await read()).toEqual([]);
      advance(10_000);
    }
  });

  it("is unknown while the tool hangs, which nobody waits for twice, and known again when it answers", async () => {
    const hanging = Promise.withResolvers<string>();
    const { read, asked, advance } = setUp(["0, 1, 2\n", hanging.promise, "0, 5, 6\n"]);
    await read();
    advance(10_000);
    expect(await read()).toEqual([]);
    advance(10_000);
    expect(await read()).toEqual([]);
    expect(asked()).toBe(2);
    hanging.resolve("0, 3, 4\n");
    await setImmediate();
    expect(await read()).toEqual([{ device: "0", usedBytes: 5 * MIB, totalBytes: 6 * MIB }]);
    expect(asked()).toBe(3);
  });
});
