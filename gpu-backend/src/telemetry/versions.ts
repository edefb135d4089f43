/** What runs: for `sightline_build_info`. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";

const Package = z.object({ version: z.string() });
const versionOf = (packageJson: string): string => Package.parse(JSON.parse(readFileSync(packageJson, "utf8"))).version;
const { resolve } = createRequire(import.meta.url);

export const versions = {
  version: versionOf(resolve("../../package.json")),
  node: process.versions.node,
  onnxruntime: versionOf(resolve("onnxruntime-node/package.json")),
} as const;
