/** `npm start`: the whole stack on one machine, until Ctrl-C. */
import { type Options, parseOptions, USAGE } from "./options.ts";
import { end, isEnding } from "./shutdown.ts";

process.env.WRANGLER_SEND_METRICS ??= "false";
process.env.CLOUDFLARE_CF_FETCH_ENABLED ??= "false";

const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

try {
  // Loaded only now: the signal handlers must be there before the libraries' own, and wrangler takes a second to load.
  const { startStack } = await import("./stack.ts");
  await startStack(options.model);
} catch (error) {
  if (!isEnding()) {
    console.error(`\n  Sightline cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  await end(1);
}

function readOptions(): Options {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`\n  ${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}
