/** `npm start`: the whole stack on one machine, until Ctrl-C. */
import { end, isEnding } from "./shutdown.ts";

process.env.WRANGLER_SEND_METRICS ??= "false";
process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= "false";

try {
  // Loaded only now: the signal handlers must be there before the libraries' own, and wrangler takes a second to load.
  const { startStack } = await import("./stack.ts");
  await startStack();
} catch (error) {
  if (!isEnding()) {
    console.error(`\n  Sightline cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  await end(1);
}
