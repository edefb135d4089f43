import { expect, it } from "vitest";
import { mapBreathing } from "./breathing.ts";

/** A clock on which each piece of work takes so long. */
function pieces(ms: number) {
  let time = 0;
  const turns: number[] = [];
  let done = 0;
  const tick = () => {
    turns.push(done);
    if (done < 12) setImmediate(tick);
  };
  setImmediate(tick);
  const work = (n: number) => {
    time += ms;
    done++;
    return n * 2;
  };
  return { turns, work, now: () => time };
}

const numbers = Array.from({ length: 12 }, (_, n) => n);
const { signal } = new AbortController();

it("lets others have their turn after every 5 ms of work, and not more often", async () => {
  const slow = pieces(2);
  expect(await mapBreathing(numbers, slow.work, { now: slow.now, signal })).toEqual(numbers.map((n) => n * 2));
  expect(slow.turns.slice(0, 3)).toEqual([3, 6, 9]);
  const quick = pieces(0.1);
  await mapBreathing(numbers, quick.work, { now: quick.now, signal });
  expect(quick.turns).toEqual([]);
});

it("stops where its call has ended meanwhile", async () => {
  const { work, now } = pieces(10);
  const call = new AbortController();
  const done: number[] = [];
  const working = mapBreathing(numbers, (n) => done.push(work(n)), { now, signal: call.signal });
  call.abort(new Error("the caller left"));
  await expect(working).rejects.toThrow("the caller left");
  expect(done).toHaveLength(1);
});
