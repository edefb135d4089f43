/** The concepts: base emoji of emojibase (no skin-tone variants), keyed by code points without U+FE0F. */
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** @typedef {{ code: string, emoji: string, label: string, group: number, subgroup: string }} Emoji */

/** "2764-FE0F" → "2764": presentation selectors differ between art sets and never change the picture. */
export function codeKey(hexcode) {
  return hexcode
    .toLowerCase()
    .split("-")
    .filter((point) => point !== "fe0f")
    .join("-");
}

/** The code key of an emoji given as text. */
export function textKey(emoji) {
  return codeKey([...emoji].map((char) => char.codePointAt(0).toString(16)).join("-"));
}

/** @returns {Emoji[]} in emojibase order; regional indicator letters (which have no group) are left out. */
export function listEmoji() {
  const { subgroups } = require("emojibase-data/meta/groups.json");
  return require("emojibase-data/en/data.json")
    .filter((entry) => entry.group !== undefined)
    .map((entry) => ({
      code: codeKey(entry.hexcode),
      emoji: entry.emoji,
      label: entry.label,
      group: entry.group,
      subgroup: subgroups[entry.subgroup],
    }));
}

const SHORTCODE_SETS = ["emojibase", "cldr", "iamcal", "joypixels", "github"];

/** English short names of one emoji from every shortcode set. @returns {Map<string, string[]>} by code key */
export function listShortcodes() {
  const byCode = new Map();
  for (const set of SHORTCODE_SETS) {
    for (const [hexcode, names] of Object.entries(require(`emojibase-data/en/shortcodes/${set}.json`))) {
      const key = codeKey(hexcode);
      byCode.set(key, [...(byCode.get(key) ?? []), ...[names].flat()]);
    }
  }
  return byCode;
}
