/** The command line of `npm run ops`. */
import { parseArgs } from "node:util";

export const USAGE = `Usage: npm run ops -- <command> [<tenant>[/<collection>]] [options]
       npm run ops -- snapshot | snapshots | restore <name> | snapshot-delete <name>
       npm run ops -- qdrant-backup | qdrant-restore <folder>

  verify      count the items, and measure what a search misses; of all tenants if none is named
  migrate     move a collection to another model or revision: fill, verify, switch. Run it again to go on
                --model <id>        its own unless said
                --revision <name>   the model's default one unless said; its own one rebuilds it
              With both, no collection named: all of that model are moved to that revision
                --leave-behind      switch although some items cannot be taken along
                --no-switch         stop before the switch
  rollback    let the old place answer again
  end         drop the place that does not answer: after the switch there is no way back then, before it
              the migration is given up
  status      show how far migrations have come

  snapshot    make one of the embedded store, in its data folder
  snapshots   list them
  restore     put back what one holds; what was written since is gone
  snapshot-delete   delete one

  qdrant-backup   fetch a snapshot of every collection on every node of a Qdrant into a new folder
  qdrant-restore  put back what such a folder holds; what was written since is gone
                  QDRANT_NODES (URLs with commas between them, of every node; else QDRANT_URL; port 6333 unless
                  one is named), QDRANT_API_KEY

  --url <url>     of the worker; SIGHTLINE_URL, else the local stack's
  SIGHTLINE_ADMIN_TOKEN   the operator's token, in the environment; else the local stack's`;

const COLLECTION_COMMANDS = ["verify", "migrate", "rollback", "end", "status"] as const;
const SNAPSHOT_COMMANDS = ["snapshot", "snapshots", "restore", "snapshot-delete"] as const;

const QDRANT_COMMANDS = ["qdrant-backup", "qdrant-restore"] as const;

export interface QdrantArguments {
  readonly command: (typeof QDRANT_COMMANDS)[number];
  readonly folder: string;
}

export interface SnapshotArguments {
  readonly command: (typeof SNAPSHOT_COMMANDS)[number];
  readonly url: string | undefined;
  /** Of the snapshot that is to be restored or deleted. */
  readonly name: string;
}

export interface CollectionArguments {
  readonly command: (typeof COLLECTION_COMMANDS)[number];
  readonly tenant: string | undefined;
  readonly collection: string | undefined;
  readonly model: string | undefined;
  readonly revision: string | undefined;
  readonly leaveBehind: boolean;
  readonly noSwitch: boolean;
  readonly url: string | undefined;
}

export type Arguments = CollectionArguments | SnapshotArguments | QdrantArguments;

/** @returns undefined where help is asked for. @throws Error that names what was not understood. */
export function parseCommandLine(args: readonly string[]): Arguments | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      model: { type: "string" },
      revision: { type: "string" },
      "leave-behind": { type: "boolean", default: false },
      "no-switch": { type: "boolean", default: false },
      url: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const [name, place = "", ...rest] = positionals;
  if (rest.length > 0) throw new Error(`"${rest[0]}" is one too many`);
  const forSnapshots = SNAPSHOT_COMMANDS.find((one) => one === name);
  if (forSnapshots) {
    if ((forSnapshots === "restore" || forSnapshots === "snapshot-delete") !== (place !== ""))
      throw new Error("only restore and snapshot-delete take a snapshot's name, and need it");
    return { command: forSnapshots, name: place, url: values.url };
  }
  const forQdrant = QDRANT_COMMANDS.find((one) => one === name);
  if (forQdrant) {
    if (place === "") throw new Error("name the backup's folder");
    return { command: forQdrant, folder: place };
  }
  const command = COLLECTION_COMMANDS.find((one) => one === name);
  if (!command) throw new Error(name === undefined ? "a command is missing" : `there is no command "${name}"`);
  const [tenant, collection, ...more] = place.split("/");
  if (more.length > 0) throw new Error(`"${place}" is not <tenant>/<collection>`);
  // What changes something changes it everywhere only if that is said in full.
  const isGeneral = command === "verify" || command === "status";
  if (!collection && !isGeneral && !(command === "migrate" && values.model && values.revision)) {
    const all = command === "migrate" ? ", or --model and --revision to move all collections of a model" : "";
    throw new Error(`name a <tenant>/<collection>${all}`);
  }
  return {
    command,
    tenant: tenant || undefined,
    collection: collection || undefined,
    model: values.model,
    revision: values.revision,
    leaveBehind: values["leave-behind"],
    noSwitch: values["no-switch"],
    url: values.url,
  };
}
