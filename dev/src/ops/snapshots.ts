/** What each command of `npm run ops` about snapshots does. */
import { setTimeout as delay } from "node:timers/promises";
import { barFor } from "./bar.ts";
import type { SnapshotArguments } from "./command-line.ts";
import type { Operator } from "./operator.ts";

type Snapshot = Awaited<ReturnType<Operator["snapshots"]>>[number];

const isBusy = ({ status }: Snapshot): boolean => status === "making" || status === "restoring";
const POLL_MS = 500;

/** @returns whether it went well. */
export async function runSnapshots(
  operator: Operator,
  { command, name }: SnapshotArguments,
  print: (line: string) => void,
): Promise<boolean> {
  if (command === "snapshots") {
    for (const one of await operator.snapshots()) print(lineOf(one));
    return true;
  }
  if (command === "snapshot-delete") {
    await operator.deleteSnapshot(name);
    print(`${name}: deleted`);
    return true;
  }
  const begun = command === "restore" ? await operator.restoreSnapshot(name) : await operator.createSnapshot();
  const busy = begun.find(isBusy);
  // It was quick.
  const done = busy
    ? await finished(operator, busy.name)
    : begun.find((one) => command === "snapshot" || one.name === name);
  print(done ? lineOf(done) : "it is not there any more");
  return done?.status === "whole";
}

async function finished(operator: Operator, name: string): Promise<Snapshot | undefined> {
  using bar = barFor(name);
  for (;;) {
    const found = (await operator.snapshots()).find((one) => one.name === name);
    if (!found || !isBusy(found)) return found;
    bar.show(found.points ?? 0, found.total ?? 0, found.status);
    await delay(POLL_MS);
  }
}

const lineOf = ({ name, status }: Snapshot): string => `${name}: ${status}`;
