/** `index`: a folder of pictures or a JSONL file into a collection, with progress, past interruptions and bad files. */
import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { contextOf, count, examples } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { Journal } from "../indexing/journal.ts";
import { runIndex } from "../indexing/run.ts";
import { openSource } from "../indexing/source.ts";
import { note } from "../output.ts";

interface Flags {
  readonly collection: string;
  readonly model?: string;
  readonly concurrency: number;
  readonly all?: true;
}

const HELP = `
A folder's items have their paths as ids. A line of a JSONL file is an item as the API takes it
({"id", "text" | "image" | "embedding", "metadata"}), or names a picture by "file", relative to the list.

What was stored is noted in ~/.local/state/sightline/index (XDG_STATE_HOME): the same command goes on where
an earlier one was broken off, and later sends only what is new or has changed.
${examples("sightline index ~/Pictures --collection photos", "sightline index items.jsonl --collection shop")}`;

export function addIndex(program: Command): void {
  program
    .command("index")
    .description("put a folder of pictures, or a JSONL file of items, into a collection")
    .argument("<source>", "folder or .jsonl file")
    .requiredOption("-c, --collection <name>", "made if there is none")
    .option("-m, --model <id>", "of a new collection; the default model if absent")
    .option("--concurrency <count>", "calls under way at a time", count, 4)
    .option("--all", "send also what an earlier run has stored")
    .addHelpText("after", HELP)
    .action(async (path: string, flags: Flags, command: Command) => {
      const { sightline, baseUrl, show } = await contextOf(command);
      const source = await openSource(path);
      const collection = sightline.collection(flags.collection);
      const { created_at: createdAt } = await collection.put({ ...(flags.model && { model: flags.model }) });
      const journal = await Journal.open(
        { baseUrl, collection: flags.collection, createdAt, source: path },
        process.env,
      );
      if (flags.all) await journal.forget();

      const interrupted = new AbortController();
      // Once: a second Ctrl-C ends the process as usual.
      process.once("SIGINT", () => interrupted.abort(new Interrupted()));
      const progress = new Progress(source.total);
      try {
        const report = await runIndex(source, collection, journal, {
          concurrency: flags.concurrency,
          signal: interrupted.signal,
          onRefusal: (label, reason) => note(`${label}: ${reason}`),
          onProgress: ({ stored, kept, refused }) => progress.update(stored, stored + kept + refused),
        });
        progress.end();
        show(report, ({ stored, kept, refused }) => {
          const parts = [
            `${stored} stored at ${progress.rate(stored)}/s`,
            ...(kept ? [`${kept} stored before (--all sends them again)`] : []),
          ];
          return [...parts, ...(refused ? [`${refused} refused, see above`] : [])].join(", ");
        });
        if (report.refused > 0) process.exitCode = EXIT.someRefused;
      } catch (error) {
        progress.end();
        console.error(`What is stored is noted in ${journal.file}: the same command goes on from there.`);
        if (!(error instanceof Interrupted)) throw error;
        process.exitCode = EXIT.interrupted;
      }
    });
}

class Interrupted extends Error {}

/** On stderr, so that stdout is the report's. */
class Progress {
  readonly #bar: SingleBar;
  readonly #total: number;
  readonly #from = performance.now();

  constructor(total: number) {
    this.#total = total;
    this.#bar = new SingleBar({
      format: "{bar} {value}/{total} items, {rate}/s, {eta_formatted} left",
      barsize: 32,
      hideCursor: true,
      clearOnComplete: true,
      // In a log a line now and then.
      noTTYOutput: true,
      notTTYSchedule: 10_000,
      stream: process.stderr,
    });
    this.#bar.start(total, 0, { rate: "–" });
  }

  update(stored: number, seen: number): void {
    this.#bar.update(Math.min(seen, this.#total), { rate: this.rate(stored) });
  }

  /** Items a second since the start. */
  rate(stored: number): number {
    return Math.round((1000 * stored) / (performance.now() - this.#from));
  }

  end(): void {
    this.#bar.stop();
  }
}
