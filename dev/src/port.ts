/** Is the port free? Asked before anything is started, so that a busy one costs a second and not a half-built stack. */
import { once } from "node:events";
import { createServer } from "node:net";
import { addressOf } from "./address.ts";

/** @throws Error that says what to do, if the port cannot be had. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EADDRINUSE") {
      throw new Error(`port ${port} is in use. Stop what listens there, or choose another: PORT=${port + 1} npm start`);
    }
    throw new Error(`cannot listen on ${addressOf(host, port)} (${code}). Choose another: PORT=8788 npm start`);
  }
  server.close();
  await once(server, "close");
}
