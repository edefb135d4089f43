/** The script that the container starts with; what the whole image does, image/check.mjs tries. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "../image/start.sh");
let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "sightline-image-"));
  // Evaluates as node does, and of a program says what it would be started with.
  const node = `#!/bin/sh\nif [ "$1" = -p ]; then exec "${process.execPath}" "$@"; fi\necho "$UV_THREADPOOL_SIZE $*"\n`;
  writeFileSync(join(bin, "node"), node);
  chmodSync(join(bin, "node"), 0o755);
});
afterEach(() => rmSync(bin, { recursive: true }));

const startedWith = (environment: Record<string, string>) =>
  execFileSync("sh", [SCRIPT], { env: { PATH: `${bin}:/usr/bin:/bin`, ...environment }, encoding: "utf8" }).trim();

it.each([
  [`${Math.max(2, availableParallelism()) + 4}`, {}],
  ["36", { DECODE_CONCURRENCY: "32" }],
  ["12", { DECODE_CONCURRENCY: "32", UV_THREADPOOL_SIZE: "12" }],
])("starts with %s threads for what blocks, given %j", (threads, environment) => {
  expect(startedWith(environment)).toBe(`${threads} gpu-backend/src/main.ts`);
});
