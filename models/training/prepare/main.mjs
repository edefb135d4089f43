/**
 * Prepares the training data: `node prepare/main.mjs`.
 *
 * Writes to data/:
 *   icons.rgba     uint8 [N, 112, 112, 4], one or two pictures per (style, concept)
 *   icons.json     { size, styles: [{ name, role }], icons: [[style, code], …] }, rows in the order of icons.rgba
 *   captions.json  what `captions.mjs` documents
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import sharp from "sharp";
import { buildCaptions } from "./captions.mjs";
import { listEmoji } from "./emoji.mjs";
import { matchIconSets } from "./icons.mjs";
import { matchIcons, nameIndex } from "./match.mjs";
import { iconRenderer } from "./render.mjs";
import { STYLES } from "./styles.mjs";
import { writeWordVectors } from "./words.mjs";

const SIZE = 112;
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
  const names = nameIndex(emoji);
  const icons = matchIconSets(
    STYLES.filter(({ role }) => role === "icons").map(({ name }) => name),
    names,
  );
  const captions = buildCaptions(emoji, icons.concepts);
  writeFileSync(new URL("captions.json", OUT), JSON.stringify(captions));
  console.log(
    `${emoji.length} emoji and ${icons.concepts.length} icon concepts, ` +
      `held out: ${captions.heldOut.en.length} en, ${captions.heldOut.zh.length} zh`,
  );

  console.log(`${writeWordVectors(OUT, captions.concepts)} words with vectors`);

  const known = new Set(emoji.map(({ code }) => code));
  const file = openSync(new URL("icons.rgba", OUT), "w");
  const rows = [];
  for (const { name, role } of STYLES) {
    const matches = role === "icons" ? icons.matches.get(name) : matchIcons(name, known, names);
    const written = await renderStyle(name, matches, file);
    rows.push(...written);
    console.log(`${name} (${role}): ${written.length} pictures`);
  }
  closeSync(file);
  writeFileSync(new URL("icons.json", OUT), JSON.stringify({ size: SIZE, styles: STYLES, icons: rows }));
}

await main();
