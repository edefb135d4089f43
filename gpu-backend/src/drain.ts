/**
 * How an HTTP server ends without losing a call:
 * 1. For a while everything goes on as before, except that `/readyz` says no and answers say `Connection: close` (`server.ts`):
 *    who sends calls (a load balancer, a cluster's proxies) learns of the end seconds later, and goes on sending.
 * 2. Nobody is let in any more. Connections at rest are closed; calls under way are answered, and their connections closed.
 * 3. What is left are connections on which nothing was ever asked. Node waits for them as for calls; they are cut.
 */
import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** For so long no call has been under way: one that was on its way when the last was answered has been seen by then. */
const QUIET_MS = 300;
const LOOK_EVERY_MS = 50;

/** Call it before the server listens. @returns what ends it: resolves when the last connection is closed. */
export function drainable(server: Server): (delayMs: number) => Promise<void> {
  let underWay = 0;
  server.on("request", (_, response) => {
    underWay++;
    response.once("close", () => underWay--);
  });

  return async (delayMs) => {
    await sleep(delayMs);
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    void cutWhenQuiet();
    await closed.promise;
  };

  async function cutWhenQuiet(): Promise<void> {
    for (let quietMs = 0; quietMs < QUIET_MS; quietMs += LOOK_EVERY_MS) {
      server.closeIdleConnections();
      await sleep(LOOK_EVERY_MS);
      if (underWay > 0) quietMs = 0;
    }
    server.closeAllConnections();
  }
}
