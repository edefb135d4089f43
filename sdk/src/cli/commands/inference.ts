/** `embed`, `classify`, `rank`, `entail`, `usage`: what needs no collection. */
import type { Command } from "commander";
import { contextOf, count, examples, INPUT_HELP, inputOf, separated } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { score, table } from "../output.ts";
import { usageTable } from "../usage-table.ts";

interface EntailFlags {
  readonly caption?: string;
  readonly model?: string;
}

export function addInference(program: Command): void {
  program
    .command("embed")
    .description("vectors of texts and pictures; --json prints them whole")
    .argument("<input...>", INPUT_HELP)
    .option("-m, --model <id>", "the default model if absent")
    .addHelpText("after", examples('sightline embed "a red apple" @apple.jpg', 'sightline embed "a red apple" --json'))
    .action(async (inputs: string[], { model }: { model?: string }, command: Command) => {
      const { sightline, show } = await contextOf(command);
      const { vectors, ...rest } = await sightline.embed(inputs.map(inputOf), { ...(model && { model }) });
      const rows = vectors.map((v, i) => [
        inputs[i] ?? "",
        v.length,
        `[${Array.from(v.subarray(0, 4), score).join(", ")}, …]`,
      ]);
      show({ ...rest, vectors: vectors.map((v) => Array.from(v)) }, () => table(["input", "dims", "vector"], rows, ""));
    });

  program
    .command("classify")
    .description("which of your labels fit")
    .argument("<input...>", INPUT_HELP)
    .requiredOption("-l, --labels <list>", "separated by commas", separated)
    .option("-t, --template <text>", 'wraps each label, for example "a photo of a {}"')
    .option("-m, --model <id>", "the default model if absent")
    .addHelpText(
      "after",
      examples(
        "sightline classify @photo.jpg --labels 'cat, dog, neither'",
        "sightline classify @a.jpg @b.jpg --labels cat,dog --template 'a photo of a {}'",
      ),
    )
    .action(
      async (
        inputs: string[],
        options: { labels: readonly string[]; template?: string; model?: string },
        command: Command,
      ) => {
        const { sightline, show } = await contextOf(command);
        show(await sightline.classify({ ...options, input: inputs.map(inputOf) }), ({ data }) => {
          const rows = data.flatMap(({ index, labels }) =>
            labels.map(({ label, score: s, cosine }, i) => [
              i === 0 ? (inputs[index] ?? "") : "",
              label,
              score(s),
              score(cosine),
            ]),
          );
          return table(["input", "label", "score", "cosine"], rows, "");
        });
      },
    );

  program
    .command("rank")
    .description("which of the candidates fit the query best")
    .argument("<query>", INPUT_HELP)
    .argument("<candidates...>", INPUT_HELP)
    .option("-n, --top <count>", "only the best", count)
    .option("-m, --model <id>", "the default model if absent")
    .addHelpText("after", examples('sightline rank @photo.jpg "a red apple" "a green pear"'))
    .action(
      async (query: string, candidates: string[], options: { top?: number; model?: string }, command: Command) => {
        const { sightline, show } = await contextOf(command);
        const { top: top_k, ...rest } = options;
        const request = {
          ...rest,
          ...(top_k && { top_k }),
          query: inputOf(query),
          candidates: candidates.map(inputOf),
        };
        show(await sightline.rank(request), ({ results }) =>
          table(
            ["candidate", "score", "cosine"],
            results.map(({ index, score: s, cosine }) => [candidates[index] ?? "", score(s), score(cosine)]),
            "",
          ),
        );
      },
    );

  program
    .command("entail")
    .description("whether a picture supports a sentence")
    .argument("<picture>", "@file or @url")
    .argument("<sentence>")
    .option("-c, --caption <text>", "what is known of the picture besides")
    .option("-m, --model <id>", "the default model if absent")
    .addHelpText("after", examples('sightline entail @photo.jpg "a dog is on the grass"'))
    .action(async (picture: string, hypothesis: string, options: EntailFlags, command: Command) => {
      const input = inputOf(picture);
      if (!(typeof input === "object" && ("file" in input || "image" in input))) {
        throw new UsageError(`"${picture}" is a text: a picture is @file or @url`);
      }
      const { sightline, show } = await contextOf(command);
      show(await sightline.entail({ ...options, ...input, hypothesis }), ({ label, scores }) => {
        const rows = Object.entries(scores).map(([answer, s]) => [answer, score(s), answer === label ? "←" : ""]);
        return table(["answer", "score", ""], rows, "");
      });
    });

  program
    .command("usage")
    .description("what you have used, day by day")
    .option("--month <yyyy-mm>", "in UTC; the current one if absent")
    .addHelpText("after", examples("sightline usage --month 2026-11"))
    .action(async (options: { month?: string }, command: Command) => {
      const { sightline, show } = await contextOf(command);
      show(await sightline.usage(options), usageTable);
    });
}
