/** Light or dark: what the person chose, else what the system prefers. The style sheet follows `data-theme`. */

export type Theme = "light" | "dark";

const STORAGE_KEY = "sightline.theme";

export function initialTheme(storage: Pick<Storage, "getItem">, systemIsDark: boolean): Theme {
  const chosen = storage.getItem(STORAGE_KEY);
  if (chosen === "light" || chosen === "dark") return chosen;
  return systemIsDark ? "dark" : "light";
}

export function rememberTheme(storage: Pick<Storage, "setItem">, theme: Theme): void {
  storage.setItem(STORAGE_KEY, theme);
}
