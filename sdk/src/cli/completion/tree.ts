/** The command tree as completion needs it: what may follow where. Made from the commands themselves, so that it is never behind them. */
import type { Command, Option } from "commander";

export interface Word {
  readonly text: string;
  readonly description: string;
}

export interface Place {
  /** The commands that lead here, each with a blank before it: `""`, `" admin"`, `" admin keys"`. */
  readonly path: string;
  /** And arguments, where they are one of a few. */
  readonly commands: readonly Word[];
  readonly options: readonly Word[];
  /** Options that take one of a few values. */
  readonly choices: readonly { readonly option: string; readonly values: readonly string[] }[];
}

/** @returns the program's own place first, then those below it. */
export function placesOf(command: Command, path = ""): readonly Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  const here: Place = {
    path,
    commands: [
      ...commands.map((sub) => ({ text: sub.name(), description: sub.description() })),
      ...command.registeredArguments.flatMap((argument) =>
        (argument.argChoices ?? []).map((text) => ({ text, description: argument.description })),
      ),
    ],
    options: options.map((option) => ({ text: nameOf(option), description: option.description })),
    choices: options.flatMap((option) =>
      option.argChoices ? [{ option: nameOf(option), values: option.argChoices }] : [],
    ),
  };
  // `help` takes the names of all others and no options of its own.
  const below = commands.filter((sub) => sub.name() !== "help");
  return [here, ...below.flatMap((sub) => placesOf(sub, `${path} ${sub.name()}`))];
}

const nameOf = (option: Option): string => option.long ?? option.short ?? "";
