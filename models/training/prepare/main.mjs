/**
 * Prepares the training data: `node prepare/main.mjs`.
 *
 * Writes to data/:
 *   icons.rgba     uint8 [N, 112, 112, 4], one or two pictures per (style, concept)
 *   redrawn.rgba   the same of the pictures that were drawn again with lines
 *   icons.json     { size, styles: [{ name, role }], icons: [[style, code], …], redrawn: [row in icons.rgba, …] },
 *                  rows in the order of the files
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

/** Numbers 0…1 that are spread evenly and are the same in every run (the golden ratio's multiples). */
function spreadNumbers() {
  let count = 0;
  return () => (count++ * 0.6180339887) % 1;
}

/**
 * Draws icons of one style and appends the pictures to the open file.
 * @returns {Promise<[string, string][]>} style and concept of the pictures written
 */
async function writePictures(style, render, entries, file) {
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
  const redrawnFile = openSync(new URL("redrawn.rgba", OUT), "w");
  const rows = [];
  const redrawn = [];
  for (const { name, role, filled } of STYLES) {
    const entries = [...(role === "icons" ? icons.matches.get(name) : matchIcons(name, known, names))];
    const first = rows.length;
    rows.push(...(await writePictures(name, iconRenderer(name, SIZE), entries, file)));
    console.log(`${name} (${role}): ${rows.length - first} pictures`);
    if (!filled) continue;
    const rowOf = new Map(rows.slice(first).map(([, code], index) => [code, first + index]));
    const again = await writePictures(name, iconRenderer(name, SIZE, spreadNumbers()), entries, redrawnFile);
    redrawn.push(...again.map(([, code]) => rowOf.get(code)));
  }
  closeSync(file);
  closeSync(redrawnFile);
  writeFileSync(new URL("icons.json", OUT), JSON.stringify({ size: SIZE, styles: STYLES, icons: rows, redrawn }));
}

await main();
