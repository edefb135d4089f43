/** What each command does and prints. Failures are thrown; `main.ts` turns them into exit codes. */

import { Variant } from "../manifest.ts";
import { findInCatalogue, readCatalogue } from "../pull/catalogue.ts";
import { formatBytes } from "../pull/format.ts";
import { type PullOptions, pull } from "../pull/pull.ts";
import { variantsOf } from "../pull/variants.ts";
import type { Arguments } from "./arguments.ts";
import { USAGE } from "./arguments.ts";
import { formatList, listModels } from "./list.ts";
import { removeModel, removeVariants } from "./remove.ts";
import { verifyModels } from "./verify.ts";

export interface CommandContext {
  readonly builtInDir: string;
  readonly dir: string;
  readonly catalogueDir: string;
  /** How a pull reaches the network and shows what it does. */
  readonly transfer: Omit<PullOptions, "dir" | "variants">;
  readonly print: (line: string) => void;
}

/** @returns whether all is well: only `verify` can end with an answer that is not. @throws Error to show a person. */
export async function runCommand(args: Arguments, context: CommandContext): Promise<boolean> {
  const { builtInDir, dir, catalogueDir, print } = context;
  const { id = "" } = args;
  switch (args.command) {
    case "help":
      print(USAGE);
      return true;
    case "list": {
      const models = await listModels({ builtInDir, dir, catalogue: await readCatalogue(catalogueDir) });
      print(args.json ? JSON.stringify(models, null, 2) : formatList(models));
      return true;
    }
    case "pull":
      await pullModel(args, id, context);
      return true;
    case "verify": {
      let good = true;
      for await (const { model, file, fault } of verifyModels([builtInDir, dir], args.id)) {
        print(fault === undefined ? `good     ${model}  ${file}` : `damaged  ${model}  ${fault}`);
        good &&= fault === undefined;
      }
      if (!good) print("A damaged model is not served. Pull it again: what is good of it is kept.");
      return good;
    }
    case "remove":
      if (args.variants.length === 0) print(`${await removeModel(id, { builtInDir, dir })} is gone.`);
      else {
        const left = (await removeVariants(id, args.variants, { builtInDir, dir })).join(", ");
        print(`${left} of ${id} is left. Restart a server that has ${args.variants.join(" or ")} loaded.`);
      }
      return true;
  }
}

async function pullModel({ variants }: Arguments, id: string, context: CommandContext): Promise<void> {
  const { dir, catalogueDir, transfer, print } = context;
  const entry = await findInCatalogue(catalogueDir, id);
  print(`${entry.id}, revision ${entry.revision}, licence ${entry.license}\n${entry.description}`);
  const { folder, manifest, fetchedBytes } = await pull(entry, { ...transfer, dir, variants });
  const what = fetchedBytes > 0 ? `${formatBytes(fetchedBytes)} fetched and checked` : "all was there, and is good";
  print(`${variantsOf(manifest).join(", ")} in ${folder}: ${what}.`);
  print(served(id, variantsOf(manifest), variants));
}

/** Says which variant is served where MODEL_VARIANTS is not set, and how to be served another that was asked for. */
function served(id: string, here: readonly Variant[], asked: readonly Variant[]): string {
  const start = `npm start -- --model ${id}`;
  const [first] = here;
  if (first === undefined || asked.length === 0 || asked.includes(first)) return `Try it, ${first}: ${start}`;
  const order = [...asked, ...Variant.options.filter((variant) => !asked.includes(variant))];
  return [
    `Of ${here.join(" and ")} the server takes ${first}. To have ${asked[0]} instead, either of:`,
    `  npm run models -- remove ${id} --variant ${first}`,
    `  MODEL_VARIANTS=${order.join(",")} ${start}`,
  ].join("\n");
}
