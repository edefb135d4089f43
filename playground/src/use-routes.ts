/** Keeps the page's address and what is seen the same, each panel's own part of the address included. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { formatRoute, type PanelName, parseRoute } from "./route.ts";

/** Safari refuses more than a hundred changes of the address in half a minute: letters are not written one by one. */
const WRITE_PAUSE_MS = 300;

interface Routes {
  readonly panel: PanelName;
  /** Of the panels that were seen. */
  readonly queries: ReadonlyMap<PanelName, string>;
}

interface RoutesControl extends Routes {
  readonly visit: (panel: PanelName) => void;
  /** @param isStep makes an entry of its own in the browser's history. */
  readonly setQuery: (panel: PanelName, query: string, isStep?: boolean) => void;
}

function fromLocation(before: ReadonlyMap<PanelName, string>): Routes {
  const { panel, query } = parseRoute(location.hash);
  return { panel, queries: new Map(before).set(panel, query) };
}

export function useRoutes(): RoutesControl {
  const [routes, setRoutes] = useState(() => fromLocation(new Map()));
  const { panel, queries } = routes;
  const address = formatRoute({ panel, query: queries.get(panel) ?? "" });

  useEffect(() => {
    const timer = setTimeout(() => {
      if (location.hash !== address) history.replaceState(null, "", address);
    }, WRITE_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [address]);

  useEffect(() => {
    const follow = (): void => setRoutes(({ queries: before }) => fromLocation(before));
    // Back, forward, and links inside the page.
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);

  const visit = useCallback(
    (next: PanelName) => {
      const query = queries.get(next) ?? "";
      // What was typed a moment ago may not be written yet.
      history.replaceState(null, "", address);
      history.pushState(null, "", formatRoute({ panel: next, query }));
      setRoutes({ panel: next, queries: new Map(queries).set(next, query) });
    },
    [address, queries],
  );

  const setQuery = useCallback(
    (of: PanelName, query: string, isStep = false) => {
      if (isStep) {
        history.replaceState(null, "", address);
        history.pushState(null, "", formatRoute({ panel: of, query }));
      }
      setRoutes((before) => ({ ...before, queries: new Map(before.queries).set(of, query) }));
    },
    [address],
  );

  return { panel, queries, visit, setQuery };
}
