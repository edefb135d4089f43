/** `items`: what a collection holds. */
import type { Command } from "commander";
import type { Filter, Item } from "../../collection-types.ts";
import { contextOf, count, examples } from "../context.ts";
import { EXIT, UsageError } from "../exit-codes.ts";
import { filterOf } from "../filter.ts";
import { brief, table } from "../output.ts";

export function addItems(program: Command): void {
  const items = program.command("items").description("what a collection holds");
  items
    .command("list")
    .description("all items, or the first ones")
    .argument("<collection>")
    .option("-n, --top <count>", "no more than this", count)
    .addHelpText("after", examples("sightline items list shop --top 20", "sightline items list shop --json"))
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
    .description("one item; --json with its vector")
    .argument("<collection>")
    .argument("<id>")
    .addHelpText("after", examples("sightline items get shop sku-1"))
    .action(async (name: string, id: string, _options: object, command: Command) => {
      const { sightline, show } = await contextOf(command);
      show(await sightline.collection(name).item(id), ({ embedding, ...item }) => JSON.stringify(item, null, 2));
    });
  items
    .command("delete")
    .description("items by id or by a filter")
    .argument("<collection>")
    .argument("[id...]")
    .option("--filter <condition>", "in the place of ids, as colour=red or JSON; repeated: all hold", filterOf)
    .addHelpText(
      "after",
      examples("sightline items delete shop sku-1 sku-2", "sightline items delete shop --filter year=2019"),
    )
    .action(async (name: string, ids: string[], { filter }: { filter?: Filter }, command: Command) => {
      if (ids.length > 0 === (filter !== undefined)) throw new UsageError("say which: ids, or --filter");
      const { sightline, show } = await contextOf(command);
      const { deleted } = await sightline.collection(name).deleteItems(filter ? { filter } : { ids });
      show({ deleted }, () => `${deleted} items are gone`);
      if (deleted === 0) process.exitCode = EXIT.refused;
    });
}
