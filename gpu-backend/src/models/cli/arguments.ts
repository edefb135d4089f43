/** The command line of `models`, parsed. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { Variant } from "../manifest.ts";
import { UsageError } from "../pull/errors.ts";

export const USAGE = `Usage: npm run models -- <command>

  list [--json]         the models that are here, and those that can be pulled
  pull <id>             fetches a model of the catalogue, or goes on where an earlier pull stopped
    --variant <v>         int8, fp16 or fp32; may be repeated; without it, what is here or else the smallest
                          (of those that are here the first of the server's MODEL_VARIANTS is served: the smallest)
  verify [<id>]         compares files with their checksums
  remove <id>           deletes a pulled model
    --variant <v>         only that variant of it; may be repeated

Options
  --dir <folder>        where pulled models lie; default .sightline/models (in SIGHTLINE_DIR, if that is set)
  --catalogue <folder>  manifests of the models that can be pulled; default models/manifests
  --help

Environment
  SIGHTLINE_MODEL_MIRROR   https://mirror.example takes the place of every address's host; a path is put before theirs
  HTTPS_PROXY, NO_PROXY    as everywhere

Exit codes
  0 done · 1 it failed, or a file is damaged · 2 the command was not understood · 130, 143 interrupted: run it again to go on`;

const OPTIONS = {
  dir: { type: "string" },
  catalogue: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
  json: { type: "boolean", default: false },
  variant: { type: "string", multiple: true, default: [] },
} as const satisfies ParseArgsOptionsConfig;

const COMMON: readonly string[] = ["dir", "catalogue", "help"];

/** What each command takes besides the common options. */
const COMMANDS = {
  list: { options: ["json"], leastIds: 0, mostIds: 0 },
  pull: { options: ["variant"], leastIds: 1, mostIds: 1 },
  verify: { options: [], leastIds: 0, mostIds: 1 },
  remove: { options: ["variant"], leastIds: 1, mostIds: 1 },
} as const;
type CommandName = keyof typeof COMMANDS;

export interface Arguments {
  readonly command: CommandName | "help";
  /** There if the command needs one. */
  readonly id: string | undefined;
  readonly variants: readonly Variant[];
  readonly json: boolean;
  readonly dir: string | undefined;
  readonly catalogue: string | undefined;
}

/** @param args without the program's own name. @throws UsageError */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals, tokens } = parse(args);
  const { dir, catalogue, json } = values;
  const [command, id, ...others] = positionals;
  const variants = values.variant.map(parseVariant);
  const parsed = { id, variants, json, dir, catalogue };
  if (values.help || command === undefined || command === "help") return { ...parsed, command: "help" };

  if (!isCommand(command)) throw new UsageError(`there is no command "${command}"`);
  const { options, leastIds, mostIds } = COMMANDS[command];
  const taken: readonly string[] = [...COMMON, ...options];
  const foreign = tokens.find((token) => token.kind === "option" && !taken.includes(token.name));
  if (foreign?.kind === "option") throw new UsageError(`${command} takes no ${foreign.rawName}`);
  if (positionals.length - 1 < leastIds) throw new UsageError(`${command} what? It needs the id of a model`);
  if (positionals.length - 1 > mostIds) throw new UsageError(`"${others[0] ?? id}" is one argument too many`);
  return { ...parsed, command };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, tokens: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const isCommand = (text: string): text is CommandName => Object.hasOwn(COMMANDS, text);

function parseVariant(text: string): Variant {
  const variant = Variant.safeParse(text);
  if (variant.success) return variant.data;
  throw new UsageError(`there is no variant "${text}". There are: ${Variant.options.join(", ")}`);
}
