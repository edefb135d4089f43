/** `--pictures`: results as pictures in the terminal, by iTerm2's inline images (https://iterm2.com/documentation-images.html). */
import type { Collection } from "../collection.ts";
import type { SearchResult } from "../collection-types.ts";
import { UsageError } from "./exit-codes.ts";
import type { Environment } from "./settings.ts";

/** Those that speak the protocol and read WebP. Kitty's own protocol takes PNG only. */
const TERMINALS = ["iTerm.app", "iTerm2", "WezTerm"];
const ROWS = 6;

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** @throws UsageError: what another terminal would make of the bytes is nobody's pleasure. */
export function checkPicturesCanBeShown(
  { TERM_PROGRAM, LC_TERMINAL }: Environment,
  { isTTY = false }: Pick<Terminal, "isTTY">,
): void {
  const isKnown = TERMINALS.some((name) => name === TERM_PROGRAM || name === LC_TERMINAL);
  if (!(isTTY && isKnown)) throw new UsageError("--pictures needs a terminal that can show them: iTerm2 or WezTerm");
}

/** One below the other, best first. Texts have none; nor have pictures that a collection does not keep. */
export async function showPictures(
  results: readonly Pick<SearchResult, "id" | "modality">[],
  collection: Pick<Collection, "itemImage">,
  terminal: Terminal,
): Promise<void> {
  for (const { id, modality } of results) {
    if (modality !== "image") continue;
    const picture = await collection.itemImage(id).catch(() => undefined);
    if (picture) terminal.write(`${inlineImage(picture, ROWS)}  ${id}\n`);
  }
}

function inlineImage(bytes: Uint8Array, rows: number): string {
  const data = Buffer.from(bytes).toString("base64");
  return `\u001b]1337;File=inline=1;size=${bytes.length};height=${rows};preserveAspectRatio=1:${data}\u0007`;
}
