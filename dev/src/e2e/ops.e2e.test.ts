/** The operator's commands on a stack that runs, as an operator gives them. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ROOT } from "../settings.ts";
import { type Stack, startStack } from "../testing/stack.ts";

const execute = promisify(execFile);

let stack: Stack;
beforeAll(async () => {
  stack = await startStack(inject("stackDir"));
});
afterAll(() => stack.end("SIGTERM"));

/** @returns what it printed. @throws if it ended with another code than 0. */
const ops = async (...args: readonly string[]): Promise<string> => {
  const env = { ...process.env, SIGHTLINE_DIR: stack.dir };
  return (await execute("npm", ["run", "--silent", "ops", "--", ...args], { cwd: ROOT, env })).stdout;
};

describe("npm run ops", () => {
  it("verifies the sample collection", async () => {
    expect(await ops("verify")).toMatch(
      /^demo\/emoji: current: emoji-dual@.+ 0 texts, \d{4} images; recall@10 1\.000/m,
    );
  });

  it("makes a snapshot, lists it, puts it back and deletes it", async () => {
    const counted = async () => (await ops("verify", "demo/emoji")).split(";")[0];
    const before = await counted();
    const name = /^(\S+): whole$/m.exec(await ops("snapshot"))?.[1] ?? "";
    expect(await ops("snapshots")).toContain(`${name}: whole`);
    expect(await ops("restore", name)).toContain(`${name}: whole`);
    expect(await counted()).toBe(before);
    expect(await ops("snapshot-delete", name)).toContain(`${name}: deleted`);
    expect(await ops("snapshots")).not.toContain(name);
  });

  it("says in words what it cannot do", async () => {
    expect(await ops("status", "demo")).toContain("demo/emoji: not being migrated\n");
    await expect(ops("end", "demo/emoji")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^demo\/emoji: .+migrated/m),
    });
    await expect(ops("migrate", "demo/emoji", "--revision", "nope")).rejects.toMatchObject({
      stderr: expect.stringContaining('The revision "nope"'),
    });
    await expect(ops("verify", "demoo")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no tenant "demoo"'),
    });
    await expect(ops("migrat")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Usage: npm run ops"),
    });
  });
});
