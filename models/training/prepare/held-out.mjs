/** Chooses, for the test, one keyword per concept that training never shows with that concept. */

const MIN_CONCEPTS = 3; // the word must be learnable from other concepts …
const MAX_CONCEPTS = 60; // … and still say something about this one
const MIN_TAGS = 4;
const SEED = 12345;

/** A small seeded generator (mulberry32), so that the same data always gives the same split. */
function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** True where another caption of the concept would give the word away, whole or by its stem. */
function leaks(word, others, language) {
  const stem = language === "en" ? word.slice(0, Math.max(4, word.length - 3)) : word;
  return others.some((other) => other.includes(stem) || word.includes(other));
}

/**
 * Removes the chosen keyword from each concept's list.
 * @param {{ code: string, subgroup: string, captions: object }[]} concepts changed in place
 * @param {"en" | "zh"} language
 * @returns {[string, string][]} [code, keyword]
 */
export function holdOutKeywords(concepts, language) {
  const random = seededRandom(SEED);
  const uses = new Map();
  for (const { captions } of concepts) {
    for (const tag of captions[language].tags) uses.set(tag, (uses.get(tag) ?? 0) + 1);
  }
  const heldOut = [];
  for (const { code, subgroup, captions } of concepts) {
    const { label, tags } = captions[language];
    if (!label || tags.length < MIN_TAGS || subgroup === "country-flag") continue;
    const candidates = tags.filter((tag) => {
      const count = uses.get(tag);
      if (count < MIN_CONCEPTS || count > MAX_CONCEPTS) return false;
      return !leaks(tag, [label, ...tags.filter((other) => other !== tag)], language);
    });
    if (candidates.length === 0) continue;
    const chosen = candidates[Math.floor(random() * candidates.length)];
    heldOut.push([code, chosen]);
    captions[language].tags = tags.filter((tag) => tag !== chosen);
  }
  return heldOut;
}
