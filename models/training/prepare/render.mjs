/** Draws icons of an art set as square RGBA pixels. */
import { createRequire } from "node:module";
import sharp from "sharp";
import { redraw } from "./redraw.mjs";

const require = createRequire(import.meta.url);
const MAX_ALIAS_HOPS = 5;
const TRANSPARENT = { r: 0, g: 0, b: 0, alpha: 0 };

/** Follows aliases to a drawable record; an alias that rotates or flips would draw another picture. */
function resolveIcon(set, name) {
  let current = name;
  for (let hop = 0; hop <= MAX_ALIAS_HOPS; hop++) {
    if (set.icons[current]) return set.icons[current];
    const alias = set.aliases?.[current];
    if (!alias || alias.rotate || alias.hFlip || alias.vFlip) return undefined;
    current = alias.parent;
  }
  return undefined;
}

/**
 * @param {string} style name of the art set
 * @param {number} size side in pixels
 * @param {() => number} [draw] 0…1; where it is given, the art is drawn again with lines (`redraw.mjs`)
 * @returns {(icon: string) => Promise<Buffer | undefined>} size·size·4 bytes RGBA (not premultiplied), or undefined
 *   where the set has no such icon
 */
export function iconRenderer(style, size, draw) {
  const set = require(`@iconify-json/${style}/icons.json`);
  return async (name) => {
    const icon = resolveIcon(set, name);
    if (!icon) return undefined;
    const box = [icon.left ?? 0, icon.top ?? 0, icon.width ?? set.width ?? 16, icon.height ?? set.height ?? 16];
    const body = icon.body.replaceAll("currentColor", "#000");
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
      `viewBox="${box.join(" ")}" width="${size}" height="${size}">${draw ? redraw(body, size, draw()) : body}</svg>`;
    return sharp(Buffer.from(svg))
      .resize(size, size, { fit: "contain", background: TRANSPARENT })
      .ensureAlpha()
      .raw()
      .toBuffer();
  };
}
