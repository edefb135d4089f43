/** `models`: what is served; and in a checkout, where the service lies beside us, what is done with a model's files. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { contextOf, isJson } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { table } from "../output.ts";

/** The program behind `npm run models`. The published package has no such neighbour. */
const PROGRAM = fileURLToPath(new URL("../../../../gpu-backend/src/models/cli/main.ts", import.meta.url));
const FILE_COMMANDS = ["pull", "list", "verify", "remove"] as const;

export function addModels(program: Command): void {
  const models = program
    .command("models")
    .usage("[options]")
    .description("what is served")
    .addHelpText(
      "after",
      "\nA model's files are pulled, listed, verified and removed where the service is installed: npm run models -- --help",
    )
    .action(async (_options: object, command: Command) => {
      const { sightline, show } = await contextOf(command);
      show(await sightline.models(), (served) =>
        table(
          ["model", "revision", "family", "dims", "licence", "default"],
          served.map((m) => [m.id, m.revision, m.family, m.dims ?? "–", m.license, m.default ? "yes" : ""]),
          "No model is served.",
        ),
      );
    });
  for (const name of FILE_COMMANDS) {
    models
      .command(name, { hidden: true })
      .argument("[rest...]")
      .allowUnknownOption()
      .helpOption(false)
      .action(async (rest: readonly string[], _options: object, command: Command) => {
        await runProgram([name, ...rest, ...(isJson(command) ? ["--json"] : [])]);
      });
  }
}

/** @throws UsageError that says where it is done, if that is not here. */
async function runProgram(args: readonly string[]): Promise<void> {
  if (!existsSync(PROGRAM)) {
    const asked = ["npm run models --", ...args].join(" ");
    throw new UsageError(`a model's files belong to the service. Where that is installed, in its repository: ${asked}`);
  }
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: "inherit" });
  // Ctrl-C reaches it, too: it ends in its own way, and we after it.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => child.kill());
  const [code] = (await once(child, "close")) as [number | null];
  process.exitCode = code ?? EXIT.fault;
}
