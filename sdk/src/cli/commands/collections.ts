/** `collections`: a key's collections. */
import type { Command } from "commander";
import { contextOf, examples } from "../context.ts";
import { fields, table } from "../output.ts";

export function addCollections(program: Command): void {
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
      show(await sightline.collection(name).get(), ({ items, pictures, ...rest }) =>
        fields({
          ...rest,
          pictures: pictures ? "kept" : "not kept",
          items: `${items.total} (${items.image} pictures, ${items.text} texts)`,
        }),
      );
    });
  collections
    .command("create")
    .description("a new one, or change its description")
    .argument("<name>")
    .option("-m, --model <id>", "the default model if absent")
    .option("-d, --description <text>")
    .addHelpText("after", examples('sightline collections create shop --description "our catalogue"'))
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
      show(await sightline.collection(name).delete(), ({ deleted }) =>
        // 0 also if the answer that told how many was lost.
        deleted === 0 ? `${name} is gone` : `${name} is gone, with ${deleted} items`,
      );
    });
}
