/** `search`, `collections`, `items`: what is in collections. */
import { type Command, Option } from "commander";
import type { Filter, Item, Modality } from "../../collection-types.ts";
import { contextOf, count, INPUT_HELP, inputOf, jsonValue, listed } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { brief, score, table } from "../output.ts";

interface SearchFlags {
  readonly like?: readonly string[];
  readonly not?: readonly string[];
  readonly filter?: Filter;
  readonly top?: number;
  readonly modality?: Modality;
}

export function addCollections(program: Command): void {
  program
    .command("search")
    .description("what is nearest in a collection; several queries are fused")
    .argument("<collection>")
    .argument("[query...]", INPUT_HELP)
    .option("--like <id>", "by the vector of a stored item; may be repeated", listed)
    .option("--not <input>", "leave out what this shares with the query; may be repeated", listed)
    .option("--filter <json>", 'for example \'{"field": "price", "lt": 5}\'', jsonValue<Filter>)
    .option("-n, --top <count>", "how many", count)
    .addOption(new Option("--modality <kind>", "only these").choices(["image", "text"]))
    .action(async (name: string, queries: string[], flags: SearchFlags, command: Command) => {
      const all = [...queries.map(inputOf), ...(flags.like ?? []).map((id) => ({ id }))];
      if (all.length === 0) throw new UsageError("say what to search for: a query, or --like <id>");
      const { sightline, show } = await contextOf(command);
      const { filter, modality, top } = flags;
      const found = await sightline.collection(name).search(all, {
        ...(filter && { filter }),
        ...(modality && { modality }),
        ...(top && { top_k: top }),
        ...(flags.not && { negative: flags.not.map(inputOf) }),
      });
      show(found, ({ results }) =>
        table(
          ["score", "id", "kind", "metadata"],
          results.map((hit) => [score(hit.score), hit.id, hit.modality, brief(hit.metadata)]),
          "Nothing was found.",
        ),
      );
    });

  const collections = program.command("collections").description("your collections");
  collections
    .command("list", { isDefault: true })
    .description("all of them")
    .action(async (_options: object, command: Command) => {
      const { sightline, show } = await contextOf(command);
      show(await sightline.collections(), (list) =>
        table(
          ["collection", "model", "created", "description"],
          list.map((c) => [c.name, `${c.model}@${c.revision}`, c.created_at, c.description]),
          "There is no collection.",
        ),
      );
    });
  collections
    .command("show")
    .description("one of them, with how many items it has")
    .argument("<name>")
    .action(async (name: string, _options: object, command: Command) => {
      const { sightline, show } = await contextOf(command);
      show(await sightline.collection(name).get(), ({ items, ...rest }) =>
        Object.entries({ ...rest, items: `${items.total} (${items.image} pictures, ${items.text} texts)` })
          .map(([field, value]) => `${field.padEnd(12)} ${value}`)
          .join("\n"),
      );
    });
  collections
    .command("create")
    .description("a new one, or change its description")
    .argument("<name>")
    .option("-m, --model <id>", "the default model if absent")
    .option("-d, --description <text>")
    .action(async (name: string, settings: { model?: string; description?: string }, command: Command) => {
      const { sightline, show } = await contextOf(command);
      show(await sightline.collection(name).put(settings), (c) => `${c.name} is there, for ${c.model}@${c.revision}`);
    });
  collections
    .command("delete")
    .description("one of them and all its items")
    .argument("<name>")
    .action(async (name: string, _options: object, command: Command) => {
      const { sightline, show } = await contextOf(command);
      show(await sightline.collection(name).delete(), ({ deleted }) => `${name} is gone, with ${deleted} items`);
    });

  const items = program.command("items").description("what a collection holds");
  items
    .command("list")
    .description("all items, or the first ones")
    .argument("<collection>")
    .option("-n, --top <count>", "no more than this", count)
    .action(async (name: string, { top = Number.POSITIVE_INFINITY }: { top?: number }, command: Command) => {
      const { sightline, show } = await contextOf(command);
      const list: Item[] = [];
      for await (const item of sightline.collection(name).items({ pageSize: Math.min(top, 200) })) {
        list.push(item);
        if (list.length >= top) break;
      }
      const rows = list.map(({ id, modality, metadata }) => [id, modality, brief(metadata)]);
      show(list, () => table(["id", "kind", "metadata"], rows, "The collection is empty."));
    });
  items
    .command("get")
    .description("one item")
    .argument("<collection>")
    .argument("<id>")
    .action(async (name: string, id: string, _options: object, command: Command) => {
      const { sightline, show } = await contextOf(command);
      show(await sightline.collection(name).item(id), ({ embedding, ...item }) => JSON.stringify(item, null, 2));
    });
  items
    .command("delete")
    .description("items by id or by a filter")
    .argument("<collection>")
    .argument("[id...]")
    .option("--filter <json>", "in the place of ids", jsonValue<Filter>)
    .action(async (name: string, ids: string[], { filter }: { filter?: Filter }, command: Command) => {
      if (ids.length > 0 === (filter !== undefined)) throw new UsageError("say which: ids, or --filter");
      const { sightline, show } = await contextOf(command);
      const { deleted } = await sightline.collection(name).deleteItems(filter ? { filter } : { ids });
      show({ deleted }, () => `${deleted} items are gone`);
      if (deleted === 0) process.exitCode = EXIT.refused;
    });
}
