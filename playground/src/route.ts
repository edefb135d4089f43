/** Addresses of the page: `#/<panel>?<what the panel shows>`, so that whatever is seen can be linked. */

export const PANELS = ["search", "add", "classify", "rank", "entail", "compare"] as const;
export type PanelName = (typeof PANELS)[number];

export interface Route {
  readonly panel: PanelName;
  /** Without `?`; each panel has a meaning of its own for it. */
  readonly query: string;
}

/** Whatever is not an address of ours is the search. */
export function parseRoute(hash: string): Route {
  const [, name, query = ""] = /^#\/([a-z]+)(?:\?(.*))?$/s.exec(hash) ?? [];
  const panel = PANELS.find((known) => known === name);
  return panel ? { panel, query } : { panel: "search", query: "" };
}

export const formatRoute = ({ panel, query }: Route): string => `#/${panel}${query === "" ? "" : `?${query}`}`;
