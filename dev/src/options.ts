/** The command line of `npm start`. */
import { parseArgs } from "node:util";

export const USAGE = `Usage: npm start -- [options]

  --model <id>   the model that answers where a call names none, and that the sample pictures are indexed with:
                 one that was pulled, or the built-in emoji-dual. \`npm run models -- list\` shows what there is.
  --help

Everything else is set by environment variables: see "Settings of the local stack" in README.md.`;

export interface Options {
  readonly model: string | undefined;
  readonly help: boolean;
}

/** @throws Error that names what was not understood. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { model: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
  });
  return { model: values.model, help: values.help };
}
