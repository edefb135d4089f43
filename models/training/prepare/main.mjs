/**
 * Prepares the training data: `node prepare/main.mjs`.
 *
 * Writes to data/:
 *   icons.rgba     uint8 [N, 80, 80, 4], one picture per (style, concept)
 *   icons.json     { size, styles: [{ name, role }], icons: [[style, code], …] }, rows in the order of icons.rgba
 *   captions.json  what `captions.mjs` documents
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import sharp from "sharp";
import { buildCaptions } from "./captions.mjs";
import { listEmoji } from "./emoji.mjs";
import { matchIcons, nameIndex } from "./match.mjs";
import { iconRenderer } from "./render.mjs";
import { STYLES } from "./styles.mjs";

const SIZE = 80;
const PARALLEL = 16;
const OUT = new URL("../data/", import.meta.url);

/** Renders one style and appends its pictures to the open file. @returns {Promise<[string, string][]>} rows written */
async function renderStyle(style, matches, file) {
  const render = iconRenderer(style, SIZE);
  const entries = [...matches];
  const rows = [];
  for (let start = 0; start < entries.length; start += PARALLEL) {
    const batch = entries.slice(start, start + PARALLEL);
    const pictures = await Promise.all(batch.map(([, icon]) => render(icon)));
    pictures.forEach((pixels, index) => {
      if (!pixels) return;
      writeSync(file, pixels);
      rows.push([style, batch[index][0]]);
    });
  }
  return rows;
}

async function main() {
  sharp.cache(false);
  mkdirSync(OUT, { recursive: true });
  const emoji = listEmoji();
  const captions = buildCaptions(emoji);
  writeFileSync(new URL("captions.json", OUT), JSON.stringify(captions));
  console.log(`${emoji.length} concepts, held out: ${captions.heldOut.en.length} en, ${captions.heldOut.zh.length} zh`);

  const known = new Set(emoji.map(({ code }) => code));
  const names = nameIndex(emoji);
  const file = openSync(new URL("icons.rgba", OUT), "w");
  const icons = [];
  for (const { name, role } of STYLES) {
    const matches = matchIcons(name, known, names);
    const rows = await renderStyle(name, matches, file);
    icons.push(...rows);
    console.log(`${name} (${role}): ${rows.length} pictures`);
  }
  closeSync(file);
  writeFileSync(new URL("icons.json", OUT), JSON.stringify({ size: SIZE, styles: STYLES, icons }));
}

await main();
