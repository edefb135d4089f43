import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { Gate } from "./gate.ts";

it("lets one piece of work be alone: after what is under way, before what comes later", async () => {
  const gate = new Gate();
  const events: string[] = [];
  const task = (name: string) => async () => {
    events.push(`${name} begins`);
    await setImmediate();
    events.push(`${name} ends`);
  };
  const all = [
    gate.pass(task("a")),
    gate.pass(task("b")),
    gate.alone(task("first alone")),
    gate.alone(task("second alone")),
    gate.pass(task("c")),
    gate.pass(task("d")),
  ];
  await Promise.all(all);
  expect(events.slice(0, 4)).toEqual(["a begins", "b begins", "a ends", "b ends"]);
  for (const name of ["first alone", "second alone"]) {
    expect(events.indexOf(`${name} ends`)).toBe(events.indexOf(`${name} begins`) + 1);
    expect(events.indexOf(`${name} begins`)).toBeGreaterThan(3);
  }
  expect(events.indexOf("c begins")).toBeGreaterThan(events.indexOf("first alone ends"));
});

it("goes on after work that failed", async () => {
  const gate = new Gate();
  const failing = () => Promise.reject(new Error("no"));
  await expect(Promise.allSettled([gate.pass(failing), gate.alone(failing)])).resolves.toHaveLength(2);
  expect(await gate.pass(async () => "passed")).toBe("passed");
});
