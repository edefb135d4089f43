/** What the checks of images share: there is no engine, so they read the Dockerfile and start its command themselves. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What a Dockerfile says of its last stage.
 * @returns {{ instruction: (name: string) => string, command: string[], environment: Record<string, string> }}
 *   command: of CMD; environment: of ENV. @throws where one is missing
 */
export function readLastStage(path) {
  const whole = readFileSync(path, "utf8").replaceAll(/\\\n\s*/g, "");
  const stage = whole.slice(whole.lastIndexOf("\nFROM "));
  const instruction = (name) => stage.match(new RegExp(`^${name} (.*)$`, "m"))?.[1] ?? assert.fail(`no ${name}`);
  const pairs = instruction("ENV").split(/\s+/);
  return {
    instruction,
    command: JSON.parse(instruction("CMD")),
    environment: Object.fromEntries(pairs.map((pair) => pair.split("=", 2))),
  };
}

const ASK_AGAIN_MS = 500;
const PATIENCE_MS = 120_000;

/**
 * The body of the first good answer of a process that is starting.
 * @param {() => Promise<Response>} ask
 * @param {Promise<unknown>} exited settles when the process ends
 * @throws if it ends before it answers, or does not answer for two minutes
 */
export async function untilAnswered(ask, exited) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const response = await ask().catch(() => undefined);
    if (response?.ok) return await response.json();
    const ended = await Promise.race([exited, sleep(ASK_AGAIN_MS)]);
    assert.equal(ended, undefined, "it ended before it answered");
  }
  throw new Error("no answer for two minutes");
}
