/** What each command of `npm run ops` about collections does. */
import { setTimeout as delay } from "node:timers/promises";
import { type Migration, StartMigrationRequest, type Verification } from "@sightline/shared/api/migrations";
import { barFor } from "./bar.ts";
import type { CollectionArguments as Arguments } from "./command-line.ts";
import { copyAll, faultsOf } from "./migrate.ts";
import { type OperatedCollection, type Operator, Refused } from "./operator.ts";

const SAMPLE = 20;

/**
 * A collection that the service refuses is named with its reason, and the others are gone on with.
 * @param complain gets what is refused, line by line.
 * @returns whether everything is as it should be.
 * @throws Error if the service cannot be asked, or a tenant is named that has no collections.
 */
export async function run(
  operator: Operator,
  args: Arguments,
  print: (line: string) => void,
  complain: (line: string) => void,
): Promise<boolean> {
  const collections = await chosen(operator, args);
  if (collections.length === 0) print("there is no collection to do it with");
  let isGood = true;
  for (const collection of collections) {
    try {
      isGood = (await COMMANDS[args.command](operator, collection, args, print)) && isGood;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      complain(`${nameOf(collection)}: ${error.message}`);
      isGood = false;
    }
  }
  return isGood;
}

type Work = (
  operator: Operator,
  collection: OperatedCollection,
  args: Arguments,
  print: (line: string) => void,
) => Promise<boolean>;

const COMMANDS: Readonly<Record<Arguments["command"], Work>> = {
  async verify(operator, collection, _, print) {
    const verification = await operator.verify(collection, SAMPLE);
    for (const line of linesOf(collection, verification)) print(line);
    return verification.places.every(({ recall }) => recall === null || (recall.mean >= 0.95 && recall.lost === 0));
  },
  async migrate(operator, collection, args, print) {
    const to = StartMigrationRequest.parse({ model: args.model, revision: args.revision });
    const migration = await withBar(nameOf(collection), (onProgress) =>
      copyAll({
        operator,
        collection,
        to,
        sleep: delay,
        onProgress,
        onLeftBehind: ({ id, error }) => print(`${nameOf(collection)}: left behind: ${id}: ${error.message}`),
      }),
    );
    print(statusOf(collection, migration));
    if (migration.status === "switched" || args.noSwitch) return true;
    const verification = await operator.verify(collection, SAMPLE);
    for (const line of linesOf(collection, verification)) print(line);
    const faults = faultsOf(verification, migration);
    for (const fault of faults) print(`${nameOf(collection)}: not switched: ${fault}`);
    if (faults.length > 0) return false;
    print(statusOf(collection, await operator.switch(collection, args.leaveBehind)));
    print(`  back: npm run ops -- rollback ${nameOf(collection)}   done: npm run ops -- end ${nameOf(collection)}`);
    return true;
  },
  async rollback(operator, collection, _, print) {
    print(statusOf(collection, await operator.rollBack(collection)));
    return true;
  },
  async end(operator, collection, _, print) {
    print(`${nameOf(collection)}: ${await operator.end(collection)} items dropped`);
    return true;
  },
  async status(operator, collection, _, print) {
    const migration = await operator.migration(collection);
    print(migration ? statusOf(collection, migration) : `${nameOf(collection)}: not being migrated`);
    return true;
  },
};

/** Those that are named; of many, a migration takes those of its model that are not yet where they should be. */
async function chosen(operator: Operator, args: Arguments): Promise<readonly OperatedCollection[]> {
  if (args.tenant && args.collection) return [{ tenant: args.tenant, name: args.collection }];
  const all: OperatedCollection[] = [];
  for (const tenant of args.tenant ? [args.tenant] : await operator.tenants()) {
    const collections = await operator.collections(tenant);
    // The service lists the collections of a tenant that there is not, too: none.
    if (args.tenant && collections.length === 0)
      throw new Error(`there is no tenant "${tenant}", or it has no collections`);
    for (const { name, model, revision, migration } of collections) {
      const isMeant = model === args.model && (migration === "next" || revision !== args.revision);
      if (args.command !== "migrate" || isMeant) all.push({ tenant, name });
    }
  }
  return all;
}

const nameOf = ({ tenant, name }: OperatedCollection): string => `${tenant}/${name}`;

function statusOf(collection: OperatedCollection, { status, from, to, progress }: Migration): string {
  const way = `${from.model}@${from.revision} → ${to.model}@${to.revision}`;
  const { seen, total, copied, left_behind: leftBehind } = progress;
  return `${nameOf(collection)}: ${way}: ${status}; ${seen} of ${total} seen, ${copied} copied, ${leftBehind} left behind`;
}

const linesOf = (collection: OperatedCollection, { places }: Verification): readonly string[] =>
  places.map(({ role, model, revision, items, recall }) => {
    const found = recall
      ? `recall@10 ${recall.mean.toFixed(3)}, at least ${recall.least.toFixed(1)}, of ${recall.sample} items, ${recall.lost} of which their own vector does not find`
      : "too few items to measure recall";
    return `${nameOf(collection)}: ${role}: ${model}@${revision}: ${items.text} texts, ${items.image} images; ${found}`;
  });

async function withBar<T>(name: string, work: (onProgress: (migration: Migration) => void) => Promise<T>): Promise<T> {
  using bar = barFor(name);
  return await work(({ status, wait_seconds: wait, progress }) => {
    bar.show(progress.seen, progress.total, status === "waiting" ? `earlier writes end in ${wait} s` : status);
  });
}
