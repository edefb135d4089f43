/** What the commands of `npm run ops` about a Qdrant do. They ask its nodes themselves: the service has no part in it. */
import { existsSync } from "node:fs";
import { qdrantPort } from "@sightline/shared/store/qdrant/connection";
import type { QdrantArguments } from "./command-line.ts";
import { backUp, type QdrantNodes, restore } from "./qdrant-backup.ts";

/** @returns true. @throws Error that says what was wrong. */
export async function runQdrant(
  { command, folder }: QdrantArguments,
  environment: Readonly<Record<string, string | undefined>>,
  print: (line: string) => void,
): Promise<boolean> {
  const nodes = nodesOf(environment);
  if (command === "qdrant-restore") {
    await restore(nodes, folder, { print });
    return true;
  }
  if (existsSync(folder)) throw new Error(`${folder} is there already: a backup gets a folder of its own`);
  const { nodes: saved } = await backUp(nodes, folder, () => new Date(), { print });
  print(`${saved.flat().length} snapshots in ${folder}`);
  return true;
}

function nodesOf({
  QDRANT_NODES,
  QDRANT_URL,
  QDRANT_API_KEY,
}: Readonly<Record<string, string | undefined>>): QdrantNodes {
  const named = (QDRANT_NODES ?? QDRANT_URL ?? "").split(",").map((url) => url.trim());
  const urls = named.filter((url) => url !== "");
  const [invalid] = urls.filter((url) => !/^https?:\/\//.test(url) || !URL.canParse(url));
  if (invalid !== undefined) throw new Error(`"${invalid}" is no URL of a node`);
  if (urls.length === 0) throw new Error("which Qdrant? Set QDRANT_NODES to the URLs of all its nodes");
  return { urls: urls.map(withPort), apiKey: QDRANT_API_KEY };
}

/** As the services take it: one `QDRANT_URL` is good for them and for this. */
function withPort(url: string): string {
  const { protocol, hostname, pathname } = new URL(url);
  return `${protocol}//${hostname}:${qdrantPort(url)}${pathname.replace(/\/$/, "")}`;
}
