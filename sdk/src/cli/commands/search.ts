/** `search`: what is nearest in a collection. */
import { type Command, Option } from "commander";
import type { Filter, Modality, SearchOptions, SearchResult } from "../../collection-types.ts";
import { contextOf, count, examples, INPUT_HELP, inputOf, isJson, listed } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { filterOf } from "../filter.ts";
import { brief, score, table } from "../output.ts";
import { checkPicturesCanBeShown, showPictures } from "../pictures.ts";

interface Flags {
  readonly like?: readonly string[];
  readonly not?: readonly string[];
  readonly filter?: Filter;
  readonly top?: number;
  readonly modality?: Modality;
  readonly rerank?: "exact" | "entailment";
  readonly hypothesis?: string;
  readonly pictures?: true;
}

export function addSearch(program: Command): void {
  program
    .command("search")
    .description("what is nearest in a collection; several queries are fused")
    .argument("<collection>")
    .argument("[query...]", INPUT_HELP)
    .option("--like <id>", "by the vector of a stored item; may be repeated", listed)
    .option("--not <input>", "leave out what this shares with the query; may be repeated", listed)
    .option("--filter <condition>", "on metadata, as colour=red, price<5 or JSON; repeated: all hold", filterOf)
    .option("-n, --top <count>", "how many", count)
    .addOption(new Option("--modality <kind>", "only these").choices(["image", "text"]))
    .addOption(
      new Option(
        "--rerank <how>",
        "weigh the best again: by exact vectors, or by whether the picture shows it",
      ).choices(["exact", "entailment"]),
    )
    .option("--hypothesis <sentence>", "what the pictures are to show, for --rerank entailment; else the query")
    .option("--pictures", "show the pictures, in a terminal that can (iTerm2, WezTerm)")
    .addHelpText(
      "after",
      examples(
        'sightline search emoji "a red apple" --not fruit',
        "sightline search shop @photo.jpg --filter 'price<5' --filter colour=red",
        'sightline search shop "a dog on grass" --rerank entailment --top 5',
        "sightline search shop --like sku-1 --json",
      ),
    )
    .action(async (name: string, queries: string[], flags: Flags, command: Command) => {
      const all = [...queries.map(inputOf), ...(flags.like ?? []).map((id) => ({ id }))];
      const [first, ...others] = all;
      if (first === undefined) throw new UsageError("say what to search for: a query, or --like <id>");
      const withPictures = flags.pictures === true && !isJson(command);
      if (withPictures) checkPicturesCanBeShown(process.env, process.stdout);
      const { sightline, show } = await contextOf(command);
      const collection = sightline.collection(name);
      const found = await collection.search(others.length > 0 ? all : first, optionsOf(flags));
      show(found, ({ results }) => tableOf(results));
      if (withPictures) await showPictures(found.results, collection, process.stdout);
    });
}

function optionsOf({ filter, modality, top, not, rerank, hypothesis }: Flags): SearchOptions {
  if (hypothesis !== undefined && rerank !== "entailment") {
    throw new UsageError("--hypothesis says what --rerank entailment is to judge");
  }
  return {
    ...(filter && { filter }),
    ...(modality && { modality }),
    ...(top && { top_k: top }),
    ...(not && { negative: not.map(inputOf) }),
    ...(rerank === "exact" && { rerank: { type: rerank } }),
    ...(rerank === "entailment" && { rerank: { type: rerank, ...(hypothesis && { hypothesis }) } }),
  };
}

function tableOf(results: readonly SearchResult[]): string {
  const isJudged = results.some(({ entailment }) => entailment);
  return table(
    ["score", "id", "kind", ...(isJudged ? ["shows it"] : []), "metadata"],
    results.map(({ score: s, id, modality, entailment, metadata }) => [
      score(s),
      id,
      modality,
      ...(isJudged ? [entailment ? `${entailment.label} ${score(entailment.scores.yes)}` : "–"] : []),
      brief(metadata),
    ]),
    "Nothing was found.",
  );
}
