import { expect, it } from "vitest";
import { showProgress } from "./progress.ts";

/** A stream that remembers, and a clock that is turned by hand. */
function stage(isTTY: boolean) {
  const stage = { text: "", now: 0 };
  const stream = { isTTY, write: (text: string) => (stage.text += text) };
  return Object.assign(stage, { progress: showProgress(stream, () => stage.now) });
}

it("redraws one line on a terminal, not for every packet", () => {
  const terminal = stage(true);
  terminal.progress.begin("image.onnx", 4_000_000);
  terminal.progress.at(0);
  for (let step = 1; step <= 1000; step++) {
    terminal.now = step;
    terminal.progress.at(step * 2000);
  }
  const drawn = terminal.text.split("\r").slice(1);
  expect(drawn).toHaveLength(11);
  expect(terminal.text).not.toContain("\n");
  expect(drawn.at(-1)).toContain(`image.onnx  ${"█".repeat(12)}${"░".repeat(12)} 50 %, 2.0 MB of 4.0 MB, 2.0 MB/s`);
  terminal.progress.note("the connection broke");
  expect(terminal.text).toContain("  the connection broke\n");
  terminal.progress.end();
  expect(terminal.text).toMatch(/100 %, 4\.0 MB of 4\.0 MB.*\n$/);
});

it("writes a plain line now and then elsewhere", () => {
  const log = stage(false);
  log.progress.begin("image.onnx", 4_000_000);
  for (let step = 1; step <= 300; step++) {
    log.now = step * 100;
    log.progress.at(step * 10_000);
  }
  log.progress.end();
  expect(log.text.split("\n").map((line) => line.trim())).toEqual([
    "image.onnx  0 %, 0 bytes of 4.0 MB",
    "image.onnx  25 %, 1.0 MB of 4.0 MB, 100.0 kB/s",
    "image.onnx  50 %, 2.0 MB of 4.0 MB, 100.0 kB/s",
    "image.onnx  75 %, 3.0 MB of 4.0 MB, 100.0 kB/s",
    "image.onnx  100 %, 4.0 MB of 4.0 MB, 133.4 kB/s",
    "",
  ]);
});

it("does not count what an earlier run has fetched as speed", () => {
  const log = stage(false);
  log.progress.begin("image.onnx", 4_000_000);
  log.progress.at(3_000_000);
  log.now = 10_000;
  log.progress.at(3_100_000);
  expect(log.text).toContain("77 %, 3.1 MB of 4.0 MB, 10.0 kB/s");
});
