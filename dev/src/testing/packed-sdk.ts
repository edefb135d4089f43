/** The SDK as npm would publish it, installed in a folder of its own: what is not in the tarball is not there. */
import { execFile } from "node:child_process";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../settings.ts";

const run = promisify(execFile);

/** Its dependencies, which npm would put beside it; theirs are found where these really lie. */
const DEPENDENCIES = ["commander", "cli-progress"];

/** Builds, packs and unpacks it as `node_modules/sightline` of `folder`. */
export async function installPackedSdk(folder: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "sightline"), { recursive: true });
  await run("npm", ["run", "build", "-w", "sightline"], { cwd: ROOT });
  const { stdout } = await run("npm", ["pack", "-w", "sightline", "--json", "--pack-destination", folder], {
    cwd: ROOT,
  });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  await run("tar", ["-xzf", join(folder, packed.filename), "-C", join(modules, "sightline"), "--strip-components=1"]);
  for (const name of DEPENDENCIES) await symlink(join(ROOT, "node_modules", name), join(modules, name));
}
