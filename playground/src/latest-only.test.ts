import { describe, expect, it } from "vitest";
import { latestOnly } from "./latest-only.ts";

const DELAY_MS = 5;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function recorder() {
  const started: { input: string; signal: AbortSignal }[] = [];
  const work = async (input: string, signal: AbortSignal) => {
    started.push({ input, signal });
  };
  return { started, work, inputs: () => started.map(({ input }) => input) };
}

describe("latestOnly", () => {
  it("runs only the last of a quick succession", async () => {
    const { inputs, work } = recorder();
    const searches = latestOnly(work, DELAY_MS);
    for (const input of ["r", "re", "red"]) searches.soon(input);
    expect(inputs()).toEqual([]);
    await sleep(DELAY_MS * 4);
    expect(inputs()).toEqual(["red"]);
  });

  it("aborts the one under way when a newer one starts", () => {
    const { started, work } = recorder();
    const searches = latestOnly(work, DELAY_MS);
    searches.now("red");
    searches.now("red fruit");
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  });

  it("lets an immediate one take the place of one that waits", async () => {
    const { inputs, work } = recorder();
    const searches = latestOnly(work, DELAY_MS);
    searches.soon("re");
    searches.now("red");
    await sleep(DELAY_MS * 4);
    expect(inputs()).toEqual(["red"]);
  });

  it("cancels both the one under way and the one that waits", async () => {
    const { started, inputs, work } = recorder();
    const searches = latestOnly(work, DELAY_MS);
    searches.now("red");
    searches.soon("red fruit");
    searches.cancel();
    await sleep(DELAY_MS * 4);
    expect(inputs()).toEqual(["red"]);
    expect(started[0]!.signal.aborted).toBe(true);
  });
});
