/**
 * Adds to package-lock.json the packages for other platforms that `npm install` left out.
 *
 * npm drops an optional dependency that its registry does not have, and a mirror may lack the builds for other systems;
 * `npm ci` then calls the lock file out of step, on every machine. An entry with the pinned version and the platform in
 * its name is enough: npm skips it where it does not fit and fetches it where it does. Run after every `npm install`.
 */
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const packages = lock.packages;

const word = (name, words) => words.find((w) => new RegExp(`(^|-)${w}(-|$)`).test(name));

function platformOf(name) {
  const os = word(name, ["android", "darwin", "freebsd", "linux", "openharmony", "win32", "windows"]);
  // workerd calls x64 plain «64».
  const cpu =
    word(name, ["arm64", "x64", "ia32", "arm", "ppc64", "riscv64", "s390x"]) ??
    (name.endsWith("-64") ? "x64" : undefined);
  if (!os || !cpu) throw new Error(`no platform can be read from the name ${name}`);
  const libc = name.includes("musl") ? "musl" : os === "linux" && name.includes("gnu") ? "glibc" : undefined;
  return { os: os === "windows" ? "win32" : os, cpu, libc };
}

const added = [];
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (packages[`${path}/node_modules/${name}`] || packages[`node_modules/${name}`]) continue;
    const { os, cpu, libc } = platformOf(name.split("/").at(-1));
    packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(entry.dev && { dev: true }),
      ...(libc && { libc: [libc] }),
      optional: true,
      os: [os],
    };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? "the lock file is complete" : `added ${added.length}:\n${added.join("\n")}`);
