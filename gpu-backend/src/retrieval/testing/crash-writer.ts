/**
 * A process made to be killed: `node crash-writer.ts <data folder> <seed>` writes the seed's operations and says on
 * stdout how many are acknowledged, with a synchronous write, so that what was acknowledged is never understated by
 * more than the one operation under way.
 */
import { writeSync } from "node:fs";
import { openEmbeddedStore } from "../embedded-store.ts";
import { idOf, operations, pointOf, SCOPE, SPACE } from "./operations.ts";

const [dataDir = "", seed = ""] = process.argv.slice(2);
// Few rows in memory and few dead ones: kills also meet the moments in which they are written out and compacted away.
const store = await openEmbeddedStore({ dataDir, log: { info() {}, warn() {} }, maxInMemory: 200, minDead: 1000 });
await store.ensure(SPACE);
let acknowledged = 0;
for (const { kind, items, version } of operations(Number(seed))) {
  if (kind === "delete") await store.delete(SPACE, SCOPE, { ids: items.map(idOf) });
  else {
    await store.upsert(
      SPACE,
      SCOPE,
      items.map((item) => pointOf(item, version)),
    );
  }
  writeSync(1, `${++acknowledged}\n`);
}
