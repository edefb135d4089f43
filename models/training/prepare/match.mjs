/** Finds the icon of an art set that draws an emoji: by code points where the set lists them, else by name. */
import { createRequire } from "node:module";
import { codeKey, listShortcodes } from "./emoji.mjs";

const require = createRequire(import.meta.url);

/** "Café-au lait" → "cafeaulait": sets spell the same name with and without hyphens. */
export function squash(name) {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");
}

/**
 * Every known spelling of every emoji's name; the first source to claim a spelling keeps it.
 * @param {import("./emoji.mjs").Emoji[]} emoji
 * @returns {Map<string, string>} squashed name → code key
 */
export function nameIndex(emoji) {
  const index = new Map();
  const claim = (name, code) => {
    const key = squash(name);
    if (key && !index.has(key)) index.set(key, code);
  };
  const known = new Set(emoji.map(({ code }) => code));
  for (const { label, code } of emoji) claim(label, code);
  for (const set of ["noto", "twemoji"]) {
    for (const [points, name] of Object.entries(require(`@iconify-json/${set}/chars.json`))) {
      const code = codeKey(points);
      if (known.has(code)) claim(name, code);
    }
  }
  for (const [code, names] of listShortcodes()) {
    if (known.has(code)) for (const name of names) claim(name, code);
  }
  return index;
}

/**
 * @param {string} style name of the art set
 * @param {Set<string>} known code keys of the concepts
 * @param {Map<string, string>} names from {@link nameIndex}
 * @returns {Map<string, string>} code key → icon name
 */
export function matchIcons(style, known, names) {
  const { icons, aliases = {} } = require(`@iconify-json/${style}/icons.json`);
  const chars = require(`@iconify-json/${style}/chars.json`);
  const matched = new Map();
  const offer = (code, icon) => {
    if (code !== undefined && known.has(code) && !matched.has(code)) matched.set(code, icon);
  };
  for (const [points, icon] of Object.entries(chars)) {
    offer(codeKey(points), icon);
  }
  for (const icon of [...Object.keys(icons), ...Object.keys(aliases)]) offer(names.get(squash(icon)), icon);
  return matched;
}
