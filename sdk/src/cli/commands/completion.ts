/** `completion`: a script that completes commands and options in a shell. */
import { Argument, type Command } from "commander";
import { SHELLS, type Shell, scriptFor } from "../completion/scripts.ts";
import { placesOf } from "../completion/tree.ts";

const HELP = `
Put into the shell's start file:
  bash  ~/.bashrc                     source <(sightline completion bash)
  zsh   ~/.zshrc, after compinit      source <(sightline completion zsh)
  fish  ~/.config/fish/config.fish    sightline completion fish | source`;

export function addCompletion(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .addHelpText("after", HELP)
    .action((shell: Shell) => console.log(scriptFor(shell, placesOf(program))));
}
