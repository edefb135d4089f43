/** `login` and `logout`: keep a key where only its user can read it. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { Sightline } from "../../client.ts";
import { examples, sayWaiting, showOf } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { configFile, forgetSettings, writeSettings } from "../settings.ts";

export function addLogin(program: Command): void {
  program
    .command("login")
    .description("keep a key in a file that only you can read; it is asked for, or read from a pipe")
    .argument("<url>", "where the API answers")
    .addHelpText(
      "after",
      examples("sightline login https://api.example.com", "sightline login https://api.example.com < key.txt"),
    )
    .action(async (url: string, _options: object, command: Command) => {
      if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new UsageError(`"${url}" is no URL: https://…`);
      // Never an argument: those stand in the shell's history and in the list of processes.
      const apiKey = process.stdin.isTTY ? await askSecretly("API key: ") : (await text(process.stdin)).trim();
      if (apiKey === "") throw new UsageError("there was no key to read");
      const { tenant, plan } = await new Sightline({ baseUrl: url, apiKey, onRetry: sayWaiting }).usage();
      const file = await writeSettings({ baseUrl: url, secret: apiKey }, process.env);
      showOf(command)(
        { tenant, plan, file },
        () => `The key is tenant ${tenant}'s, plan ${plan}; it is kept in ${file}`,
      );
    });

  program
    .command("logout")
    .description("forget the key that `login` kept")
    .action(async (_options: object, command: Command) => {
      const file = configFile(process.env);
      const forgotten = await forgetSettings(process.env);
      showOf(command)({ forgotten, file }, () => (forgotten ? `${file} is gone` : "No key was kept."));
    });
}

/** What is typed is not shown. */
async function askSecretly(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return (await terminal.question("")).trim();
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
