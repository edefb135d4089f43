import { expect, it } from "vitest";
import { ServerTiming } from "./server-timing.ts";

/** W3C Server Timing: a name, then parameters whose value is a token or a quoted-string (RFC 9110 §5.6). */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = `"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e]|\\\\[\\t \\x21-\\x7e])*"`;
const METRIC = `${TOKEN}(?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))*`;
const HEADER = new RegExp(`^${METRIC}(?:[ \\t]*,[ \\t]*${METRIC})*$`);

it("tells phases in their order, to a tenth of a millisecond, with what is said of them", async () => {
  const clock = { now: 1000 };
  const timing = new ServerTiming(() => clock.now);
  timing.addBackend({ decodeMs: 1.26, queueMs: 0, inferenceMs: 12.04 });
  timing.describe("cache", "memory 3, miss 1");
  await timing.measure("cache", Promise.resolve());
  timing.add("cache", 2);
  timing.add("cache", 1);
  clock.now += 20;
  const header = timing.toHeader();
  expect(header).toBe(
    'cache;dur=3;desc="memory 3, miss 1", decode;dur=1.3, queue;dur=0, inference;dur=12, total;dur=20',
  );
  expect(header).toMatch(HEADER);
});

it("measures work that fails too", async () => {
  const clock = { now: 0 };
  const timing = new ServerTiming(() => clock.now);
  const work = timing.measure("limit", Promise.reject(new Error("refused")));
  clock.now += 7;
  await expect(work).rejects.toThrow("refused");
  expect(timing.spent()).toEqual({ limit: 7, total: 7 });
});
