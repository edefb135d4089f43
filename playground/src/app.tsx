/** The frame: who is asking, in which language and theme, and which panel is seen. */
import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { AddPanel } from "./add/add-panel.tsx";
import type { Api } from "./api/client.ts";
import { ClassifyPanel } from "./classify/classify-panel.tsx";
import { ComparePanel } from "./compare/compare-panel.tsx";
import { EntailPanel } from "./entail/entail-panel.tsx";
import { Header } from "./header.tsx";
import { MESSAGES } from "./i18n/language.ts";
import type { PanelProps } from "./panel.ts";
import type { PictureCache } from "./picture-cache.ts";
import { RankPanel } from "./rank/rank-panel.tsx";
import { PANELS, type PanelName } from "./route.ts";
import { SearchPanel } from "./search/search-panel.tsx";
import { ServicesContext } from "./services.ts";
import type { KeyNeeded, Session } from "./session.ts";
import { KeyForm } from "./ui/key-form.tsx";
import { useAppearance } from "./use-appearance.ts";
import { useRoutes } from "./use-routes.ts";

const COMPONENTS: Readonly<Record<PanelName, (props: PanelProps) => JSX.Element>> = {
  search: SearchPanel,
  add: AddPanel,
  classify: ClassifyPanel,
  rank: RankPanel,
  entail: EntailPanel,
  compare: ComparePanel,
};

interface AppProps {
  readonly session: Session;
  readonly api: Api;
  readonly pictures: PictureCache;
}

export function App({ session, api, pictures }: AppProps): JSX.Element {
  const { language, theme, switchLanguage, switchTheme } = useAppearance();
  const t = MESSAGES[language];
  const { panel: active, queries, visit, setQuery } = useRoutes();
  const [{ keyVersion, keyEnd }, setKeyUse] = useState(() => ({ keyVersion: 0, keyEnd: new AbortController() }));
  /** Why the key form is open; undefined while it is closed. */
  const [keyReason, setKeyReason] = useState<string>();
  const [offered, setOffered] = useState<string>();

  const isKeyFormOpen = keyReason !== undefined;
  useEffect(() => {
    if (isKeyFormOpen) void session.offered().then(setOffered);
  }, [session, isKeyFormOpen]);
  // In the language of the first visit: later ones have a key, or a reason of their own.
  useEffect(() => {
    void session.open().then((key) => {
      if (key === undefined) setKeyReason(t.key.needed);
    });
  }, [session]);

  const closeKeyForm = (): void => {
    setKeyReason(undefined);
    // What had the focus is gone.
    document.getElementById("key-button")?.focus();
  };
  const takeKey = (key: string): void => {
    keyEnd.abort();
    session.use(key);
    // Nothing that the former key could see stays on the page.
    pictures.clear();
    closeKeyForm();
    setKeyUse({ keyVersion: keyVersion + 1, keyEnd: new AbortController() });
  };
  const askForKey = useCallback((need: KeyNeeded) => setKeyReason(need.message || t.key.needed), [t]);
  useEffect(() => {
    document.title = `${t.tabs[active]} — Sightline`;
  }, [t, active]);

  const services = useMemo(
    () => ({ api, pictures, keyVersion, keySignal: keyEnd.signal, askForKey, t }),
    [api, pictures, keyVersion, keyEnd, askForKey, t],
  );

  return (
    <ServicesContext.Provider value={services}>
      <Header
        t={t}
        active={active}
        queries={queries}
        theme={theme}
        isKeyFormOpen={isKeyFormOpen}
        onVisit={visit}
        onKey={() => setKeyReason(isKeyFormOpen ? undefined : t.key.change)}
        onTheme={switchTheme}
        onLanguage={switchLanguage}
      />
      <main>
        {keyReason !== undefined && (
          <KeyForm t={t} reason={keyReason} offered={offered} onKey={takeKey} onClose={closeKeyForm} />
        )}
        {PANELS.filter((panel) => panel === active || queries.has(panel)).map((panel) => {
          const Panel = COMPONENTS[panel];
          return (
            <div
              key={panel}
              id={`main-panel-${panel}`}
              class={`panel panel-${panel}`}
              role="tabpanel"
              aria-labelledby={`main-tab-${panel}`}
              hidden={panel !== active}
            >
              <Panel
                isActive={panel === active}
                query={queries.get(panel) ?? ""}
                onQuery={(query, isStep) => setQuery(panel, query, isStep)}
              />
            </div>
          );
        })}
      </main>
    </ServicesContext.Provider>
  );
}
