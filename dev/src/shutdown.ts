/**
 * Ends the parts that run, the last started first. Loaded before everything else: the signal handlers must be there
 * before libraries install theirs, and a Ctrl-C during the start must count.
 */
const stops: (() => Promise<void>)[] = [];
let ending: Promise<never> | undefined;

/** @param stop ends one part; called once. */
export function onEnd(stop: () => Promise<void>): void {
  stops.push(stop);
}

export const isEnding = (): boolean => ending !== undefined;

export function end(exitCode: number): Promise<never> {
  ending ??= (async () => {
    for (const stop of stops.reverse()) await stop().catch((error: unknown) => console.error(error));
    process.exit(exitCode);
  })();
  return ending;
}

/** npm that is ended by a signal takes its shell with it, but not us: we notice that our parent is another one. */
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) void end(0);
}, 250).unref();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end(0));
