/** `sightline`: the command line of the API. */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { ApiError, ConnectionError } from "../errors.ts";
import { addAdmin } from "./commands/admin.ts";
import { addCollections } from "./commands/collections.ts";
import { addCompletion } from "./commands/completion.ts";
import { addIndex } from "./commands/index.ts";
import { addInference } from "./commands/inference.ts";
import { addItems } from "./commands/items.ts";
import { addLogin } from "./commands/login.ts";
import { addModels } from "./commands/models.ts";
import { addSearch } from "./commands/search.ts";
import { examples } from "./context.ts";
import { EXIT, EXIT_CODES_HELP, exitCodeOf } from "./exit-codes.ts";

/** Two folders up both from here and from where the published package has this file. */
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

const program = new Command("sightline")
  .description("Pictures and text by what they mean: search, classify, rank, index.")
  .version(version)
  .option("--json", "print JSON for programs")
  .addHelpText(
    "after",
    examples(
      "sightline login https://api.example.com",
      "sightline index ~/Pictures --collection photos",
      'sightline search photos "a dog on grass" --not "a cat"',
      "sightline classify @photo.jpg --labels cat,dog",
    ),
  )
  .addHelpText("after", EXIT_CODES_HELP)
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError("(--help says more)")
  .exitOverride();
addSearch(program);
addCollections(program);
addItems(program);
addIndex(program);
addInference(program);
addModels(program);
addLogin(program);
addAdmin(program);
addCompletion(program);

try {
  await program.parseAsync();
} catch (error) {
  // commander has told its own errors already.
  if (!(error instanceof CommanderError)) console.error(tell(error));
  // Not process.exit: it would cut off what is still being written.
  process.exitCode = exitCodeOf(error);
}

/** The API's own words; of a server that is away, what to look at; of a fault of ours, where it was. */
function tell(error: unknown): string {
  if (error instanceof ApiError) {
    const where = [
      error.code ?? error.status,
      ...(error.requestId ? [`request ${error.requestId}`] : []),
      ...(error.retryAfterMs === null ? [] : [`again in ${Math.ceil(error.retryAfterMs / 1000)} s`]),
    ];
    return `error: ${error.message}\n       (${where.join(", ")})`;
  }
  if (error instanceof ConnectionError) {
    return `error: ${error.message}\n       (check SIGHTLINE_URL, or the address that login has kept, and the connection)`;
  }
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  return `error: ${exitCodeOf(error) === EXIT.fault ? (error.stack ?? error.message) : error.message}`;
}
