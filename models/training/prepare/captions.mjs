/**
 * The captions: for every concept and language one label and some keywords, and the keywords held out for the test.
 *
 * Sources: emojibase-data (labels, tags, short names) and the CLDR annotations; the English keywords also get a few
 * class words of the emoji's subgroup (`hypernyms.json`).
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { codeKey, listShortcodes, textKey } from "./emoji.mjs";
import { holdOutKeywords } from "./held-out.mjs";

const require = createRequire(import.meta.url);
const HYPERNYMS = JSON.parse(readFileSync(new URL("hypernyms.json", import.meta.url), "utf8"));

export const LANGUAGES = ["en", "zh", "de", "fr", "es", "ja"];
const MAX_LENGTH = 70;
const ICON_GROUP = 100; // after emojibase's groups
const CLDR_SETS = [
  ["cldr-annotations-full/annotations", "annotations"],
  ["cldr-annotations-derived-full/annotationsDerived", "annotationsDerived"],
];

const clean = (text) => text.normalize("NFC").toLowerCase().replace(/[“”"]/g, "").replace(/\s+/g, " ").trim();
const usable = (text) => text && !/^\p{Extended_Pictographic}/u.test(text) && [...text].length <= MAX_LENGTH;

/** Label and keywords of every concept in one language. @returns {Map<string, { label?: string, tags: Set<string> }>} */
function readLanguage(language, codes) {
  const byCode = new Map(codes.map((code) => [code, { label: undefined, tags: new Set() }]));
  for (const entry of require(`emojibase-data/${language}/data.json`)) {
    const caption = byCode.get(codeKey(entry.hexcode));
    if (!caption) continue;
    caption.label = clean(entry.label);
    for (const tag of entry.tags ?? []) caption.tags.add(clean(tag));
  }
  for (const [folder, key] of CLDR_SETS) {
    const { annotations } = require(`${folder}/${language}/annotations.json`)[key];
    for (const [emoji, { default: words = [], tts = [] }] of Object.entries(annotations)) {
      const caption = byCode.get(textKey(emoji));
      if (!caption) continue;
      for (const word of [...words, ...tts]) caption.tags.add(clean(word));
      if (tts[0]) caption.label ??= clean(tts[0]);
    }
  }
  return byCode;
}

/** Short names and class words, which exist in English only. */
function addEnglishWords(captions, emoji) {
  const shortcodes = listShortcodes();
  for (const { code, subgroup } of emoji) {
    const { tags } = captions.get(code);
    for (const name of shortcodes.get(code) ?? []) {
      const words = clean(name.replace(/[_-]/g, " "));
      if (/^[a-z][a-z ]{2,}$/.test(words)) tags.add(words);
    }
    for (const word of HYPERNYMS[subgroup] ?? []) tags.add(word);
  }
}

/**
 * @param {import("./emoji.mjs").Emoji[]} emoji
 * @param {{ code: string, label: string, tags: string[] }[]} icons concepts that only icon sets draw, named in English
 * @returns {{ languages: string[], concepts: object[], heldOut: Record<"en" | "zh", [string, string][]> }}
 *   concepts: { code, emoji, group, subgroup, captions: { [language]: { label: string | null, tags: string[] } } };
 *   heldOut: [code, keyword] pairs, already removed from the keywords of that concept
 */
export function buildCaptions(emoji, icons) {
  const codes = emoji.map(({ code }) => code);
  const languages = new Map(LANGUAGES.map((language) => [language, readLanguage(language, codes)]));
  addEnglishWords(languages.get("en"), emoji);
  const concepts = emoji.map(({ code, emoji: text, group, subgroup }) => {
    const captions = {};
    for (const [language, byCode] of languages) {
      const { label, tags } = byCode.get(code);
      const kept = [...tags].filter((tag) => usable(tag) && tag !== label);
      captions[language] = { label: usable(label) ? label : null, tags: kept };
    }
    return { code, emoji: text, group, subgroup, captions };
  });
  const heldOut = { en: holdOutKeywords(concepts, "en"), zh: holdOutKeywords(concepts, "zh") };
  return { languages: LANGUAGES, concepts: [...concepts, ...icons.map(iconConcept)], heldOut };
}

function iconConcept({ code, label, tags }) {
  const silent = LANGUAGES.map((language) => [language, { label: null, tags: [] }]);
  return {
    code,
    emoji: "",
    group: ICON_GROUP,
    subgroup: "icon",
    captions: { ...Object.fromEntries(silent), en: { label, tags } },
  };
}
