/**
 * Prepares the training data: `node prepare/main.mjs`.
 *
 * Writes to data/:
 *   icons.rgba     uint8 [N, 112, 112, 4], one or two pictures per (style, concept)
 *   redrawn.rgba   the same of the pictures that were drawn again with lines, or coloured in
 *   icons.json     { size, styles: [{ name, role }], icons: [[style, code], …], redrawn: [row in icons.rgba, …] },
 *                  rows in the order of the files
 *   captions.json  what `captions.mjs` documents
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import sharp from "sharp";
import { buildCaptions } from "./captions.mjs";
import { colouredRenderer } from "./colouring.mjs";
import { listEmoji } from "./emoji.mjs";
import { glyphRenderer, matchGlyphs } from "./glyphs.mjs";
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
 * What is drawn of one style, how, and how once more.
 * @returns {{ entries: [string, string][], render: Render, again?: Render }} entries: code key and icon
 * @typedef {(icon: string) => Promise<Buffer | undefined>} Render
 */
function drawings({ name, role, filled, font, like }, known, names, icons) {
  const render = font ? glyphRenderer(SIZE) : iconRenderer(name, SIZE);
  if (role === "icons") return { entries: [...icons.matches.get(name)], render };
  const entries = font ? matchGlyphs(known) : [...matchIcons(name, known, names)];
  if (filled) return { entries, render, again: iconRenderer(name, SIZE, spreadNumbers()) };
  if (!like) return { entries, render };
  const twins = matchIcons(like, known, names);
  const twinOf = new Map(entries.map(([code, drawing]) => [drawing, twins.get(code)]));
  const renderTwin = iconRenderer(like, SIZE);
  const again = colouredRenderer(render, async (drawing) => renderTwin(twinOf.get(drawing)), SIZE);
  return { entries, render, again };
}

/**
 * Draws the entries of one style and appends the pictures to the open file.
 * @returns {Promise<number[]>} which of the entries were drawn, in the order of the pictures
 */
async function writePictures(render, entries, file) {
  const written = [];
  for (let start = 0; start < entries.length; start += PARALLEL) {
    const batch = entries.slice(start, start + PARALLEL);
    const pictures = await Promise.all(batch.map(([, icon]) => render(icon)));
    pictures.forEach((pixels, index) => {
      if (!pixels) return;
      writeSync(file, pixels);
      written.push(start + index);
    });
  }
  return written;
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

  console.log(`${await writeWordVectors(OUT, captions.concepts)} words with vectors`);

  const known = new Set(emoji.map(({ code }) => code));
  const file = openSync(new URL("icons.rgba", OUT), "w");
  const redrawnFile = openSync(new URL("redrawn.rgba", OUT), "w");
  const rows = [];
  const redrawn = [];
  for (const style of STYLES) {
    const { entries, render, again } = drawings(style, known, names, icons);
    const first = rows.length;
    const drawn = await writePictures(render, entries, file);
    rows.push(...drawn.map((entry) => [style.name, entries[entry][0]]));
    console.log(`${style.name} (${style.role}): ${drawn.length} pictures`);
    if (!again) continue;
    const rowOf = new Map(drawn.map((entry, index) => [entry, first + index]));
    const drawnAgain = await writePictures(again, entries, redrawnFile);
    redrawn.push(...drawnAgain.map((entry) => rowOf.get(entry)));
  }
  closeSync(file);
  closeSync(redrawnFile);
  writeFileSync(new URL("icons.json", OUT), JSON.stringify({ size: SIZE, styles: STYLES, icons: rows, redrawn }));
}

await main();
