/** Finds what icon sets draw: emoji concepts under the same name, and new concepts that several sets agree on. */
import { createRequire } from "node:module";
import { squash } from "./match.mjs";

const require = createRequire(import.meta.url);

/** Endings that name a drawing style, a size or a number, not another thing. */
const STYLE_ENDING =
  /-(filled|fill|outlined?|line|bold|duotone|light|thin|rounded|round|sharp|solid|regular|variant|alt|color|\d+|\d+px|one|two|three)$/;
const SKIPPED = /^brand|logo|-(off|slash|minus|plus|add|remove|check|x|cancel|edit|search|cog|lock|alert)$|\d/;
const MIN_SETS = 3; // a new concept is a name that this many sets draw
const MAX_DRAWINGS = 2; // per set and name: one of lines, one filled
const MAX_WORDS = 3;
const MAX_TAGS = 8;

/** "cloud-rain-fill" → "cloud-rain" */
function baseName(icon) {
  for (let name = icon; ; ) {
    const shorter = name.replace(STYLE_ENDING, "");
    if (shorter === name) return name;
    name = shorter;
  }
}

/** @returns {Map<string, string[]>} base name → its icons of one set, plain before filled, large before small */
function drawings(style) {
  const { icons } = require(`@iconify-json/${style}/icons.json`);
  const found = new Map();
  for (const icon of Object.keys(icons)) {
    const name = baseName(icon);
    if (SKIPPED.test(name) || name.split("-").length > MAX_WORDS) continue;
    found.set(name, [...(found.get(name) ?? []), icon]);
  }
  for (const [name, list] of found) found.set(name, pickDrawings(list));
  return found;
}

function pickDrawings(icons) {
  const filled = icons.filter((icon) => /fill|solid|duotone/.test(icon));
  const lines = icons.filter((icon) => !filled.includes(icon) && !/light|thin|bold|sharp/.test(icon));
  return [lines.at(-1), filled.at(-1)].filter(Boolean).slice(0, MAX_DRAWINGS);
}

/**
 * @param {string[]} styles names of the icon sets
 * @param {Map<string, string>} names squashed emoji name → code key, from `nameIndex`
 * @returns {{ matches: Map<string, [string, string][]>, concepts: { code: string, label: string, tags: string[] }[] }}
 *   matches: style → [code, icon] pairs; concepts: those that no emoji has
 */
export function matchIconSets(styles, names) {
  const bySet = new Map(styles.map((style) => [style, drawings(style)]));
  const setsOf = new Map();
  for (const found of bySet.values()) {
    for (const name of found.keys()) setsOf.set(name, (setsOf.get(name) ?? 0) + 1);
  }
  const tags = readTags();
  const codeOf = new Map();
  const concepts = [];
  for (const [name, sets] of setsOf) {
    const emoji = names.get(squash(name));
    if (emoji !== undefined) {
      codeOf.set(name, emoji);
    } else if (sets >= MIN_SETS) {
      codeOf.set(name, `icon:${name}`);
      const label = name.replaceAll("-", " ");
      concepts.push({ code: `icon:${name}`, label, tags: (tags.get(name) ?? []).filter((tag) => tag !== label) });
    }
  }
  const matches = new Map();
  for (const [style, found] of bySet) {
    const pairs = [];
    for (const [name, icons] of found) {
      if (codeOf.has(name)) for (const icon of icons) pairs.push([codeOf.get(name), icon]);
    }
    matches.set(style, pairs);
  }
  return { matches, concepts };
}

/** @returns {Map<string, string[]>} icon name → keywords, which one of the sets publishes */
function readTags() {
  const usable = (word) => /^[a-z][a-z ]{2,24}$/.test(word);
  const entries = Object.entries(require("lucide-static/tags.json"));
  return new Map(
    entries.map(([name, words]) => [
      name,
      words
        .map((word) => word.toLowerCase())
        .filter(usable)
        .slice(0, MAX_TAGS),
    ]),
  );
}
