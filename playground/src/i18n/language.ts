/** Which language the page speaks: what the person chose, else what the browser prefers. */
import { en, type Messages } from "./en.ts";
import { zh } from "./zh.ts";

export const MESSAGES = { en, zh } as const satisfies Record<string, Messages>;
export type Language = keyof typeof MESSAGES;

/** As `<html lang>` and screen readers want it. */
export const LANGUAGE_TAG = { en: "en", zh: "zh-Hans" } as const satisfies Record<Language, string>;

const STORAGE_KEY = "sightline.language";

export function initialLanguage(storage: Pick<Storage, "getItem">, preferred: readonly string[]): Language {
  const chosen = storage.getItem(STORAGE_KEY);
  if (chosen === "en" || chosen === "zh") return chosen;
  const first = preferred.find((tag) => /^(en|zh)\b/i.test(tag)) ?? "en";
  return first.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export function rememberLanguage(storage: Pick<Storage, "setItem">, language: Language): void {
  storage.setItem(STORAGE_KEY, language);
}
