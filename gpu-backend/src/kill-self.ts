/**
 * Ends this process at once, whatever its threads do. `process.exit` waits for each of them, also for one that a hung driver
 * never gives back. A container's first process is immune to a SIGKILL of its own, but not to what `abort` does in the end.
 */
export function killSelf(): never {
  process.kill(process.pid, "SIGKILL");
  process.abort();
}
