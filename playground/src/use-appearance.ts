/** Language and theme of the page, kept for the next visit. */
import { useEffect, useState } from "preact/hooks";
import { initialLanguage, LANGUAGE_TAG, type Language, rememberLanguage } from "./i18n/language.ts";
import { initialTheme, rememberTheme, type Theme } from "./theme.ts";

interface Appearance {
  readonly language: Language;
  readonly theme: Theme;
  readonly switchLanguage: () => void;
  readonly switchTheme: () => void;
}

export function useAppearance(): Appearance {
  const [language, setLanguage] = useState(() => initialLanguage(localStorage, navigator.languages));
  const [theme, setTheme] = useState(() =>
    initialTheme(localStorage, matchMedia("(prefers-color-scheme: dark)").matches),
  );

  useEffect(() => {
    document.documentElement.lang = LANGUAGE_TAG[language];
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);

  return {
    language,
    theme,
    switchLanguage() {
      const other = language === "en" ? "zh" : "en";
      rememberLanguage(localStorage, other);
      setLanguage(other);
    },
    switchTheme() {
      const other = theme === "dark" ? "light" : "dark";
      rememberTheme(localStorage, other);
      setTheme(other);
    },
  };
}
