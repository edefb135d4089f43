/** Noto Emoji as a font: black lines for nearly every emoji, thin and thick. Only emoji of one code point are taken. */
import { createRequire } from "node:module";
import opentype from "opentype.js";
import sharp from "sharp";

const require = createRequire(import.meta.url);
const WEIGHTS = { thin: "300Light/NotoEmoji_300Light", thick: "600SemiBold/NotoEmoji_600SemiBold" };
const MARGIN = 0.04; // of the longer side
const TRANSPARENT = { r: 0, g: 0, b: 0, alpha: 0 };

/**
 * @param {Iterable<string>} codes code keys of the concepts
 * @returns {[string, string][]} code key and drawing (weight and code key), two for each emoji of one code point
 */
export function matchGlyphs(codes) {
  const single = [...codes].filter((code) => !code.includes("-"));
  return single.flatMap((code) => Object.keys(WEIGHTS).map((weight) => [code, `${weight} ${code}`]));
}

/**
 * @param {number} size side in pixels
 * @returns {(drawing: string) => Promise<Buffer | undefined>} size·size·4 bytes RGBA, or undefined where the font has none
 */
export function glyphRenderer(size) {
  const load = (file) => opentype.loadSync(require.resolve(`@expo-google-fonts/noto-emoji/${file}.ttf`));
  const fonts = new Map(Object.entries(WEIGHTS).map(([weight, file]) => [weight, load(file)]));
  return async (drawing) => {
    const [weight, code] = drawing.split(" ");
    const font = fonts.get(weight);
    const glyph = font.charToGlyph(String.fromCodePoint(Number.parseInt(code, 16)));
    const path = glyph.getPath(0, 0, font.unitsPerEm);
    const { x1, y1, x2, y2 } = path.getBoundingBox();
    if (glyph.index === 0 || x2 <= x1 || y2 <= y1) return undefined;
    const margin = MARGIN * Math.max(x2 - x1, y2 - y1);
    const box = [x1 - margin, y1 - margin, x2 - x1 + 2 * margin, y2 - y1 + 2 * margin];
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box.join(" ")}" width="${size}" height="${size}">` +
      `<path d="${path.toPathData(2)}"/></svg>`;
    return sharp(Buffer.from(svg))
      .resize(size, size, { fit: "contain", background: TRANSPARENT })
      .ensureAlpha()
      .raw()
      .toBuffer();
  };
}
