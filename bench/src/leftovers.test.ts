import { spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import { expect, it } from "vitest";

const MODULE = new URL("./leftovers.ts", import.meta.url).href;

/** A process that has a folder, which it names, and another process, which holds its stdout; it works until it is ended. */
const PROGRAM = `
  import { spawn } from "node:child_process";
  const { clearAtExit, temporaryFolder } = await import(${JSON.stringify(MODULE)});
  using folder = await temporaryFolder();
  const child = spawn("sleep", ["600"], { detached: true, stdio: ["ignore", "inherit", "ignore"] });
  clearAtExit(() => process.kill(-child.pid, "SIGKILL"));
  clearAtExit(() => { throw new Error("cannot be cleared") });
  console.log(folder.path);
  await new Promise((resolve) => setTimeout(resolve, 600_000));
`;

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("nothing is left behind after %s", async (signal, code) => {
  const bench = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM]);
  const [line] = await once(bench.stdout, "data");
  const folder = String(line).trim();
  await access(folder);

  bench.kill(signal);
  // Told once the last process that holds stdout has ended.
  expect(await once(bench, "close")).toEqual([code, null]);
  await expect(access(folder)).rejects.toThrow("ENOENT");
});
