/** The top of the page: the panels, and what holds for all of them. */
import type { JSX } from "preact";
import type { Messages } from "./i18n/en.ts";
import { formatRoute, PANELS, type PanelName } from "./route.ts";
import type { Theme } from "./theme.ts";
import { Icon } from "./ui/icons.tsx";
import { Tabs } from "./ui/tabs.tsx";

interface HeaderProps {
  readonly t: Messages;
  readonly active: PanelName;
  readonly queries: ReadonlyMap<PanelName, string>;
  readonly theme: Theme;
  readonly isKeyFormOpen: boolean;
  readonly onVisit: (panel: PanelName) => void;
  readonly onKey: () => void;
  readonly onTheme: () => void;
  readonly onLanguage: () => void;
}

export function Header(props: HeaderProps): JSX.Element {
  const { t, active, queries, theme, isKeyFormOpen, onVisit, onKey, onTheme, onLanguage } = props;
  const tabs = PANELS.map((id) => ({
    id,
    label: t.tabs[id],
    href: formatRoute({ panel: id, query: queries.get(id) ?? "" }),
  }));
  const themeLabel = theme === "dark" ? t.frame.toLight : t.frame.toDark;
  return (
    <header class="top">
      <a class="brand" href="#/search">
        <img src="favicon.svg" alt="" width="28" height="28" />
        Sightline
      </a>
      <Tabs label={t.frame.panels} name="main" tabs={tabs} selected={active} onSelect={onVisit} />
      <div class="tools">
        <a href="docs">{t.frame.reference}</a>
        <button type="button" aria-label={t.frame.toOtherLanguage} data-testid="language" onClick={onLanguage}>
          {t.frame.otherLanguage}
        </button>
        <button type="button" aria-label={themeLabel} title={themeLabel} data-testid="theme" onClick={onTheme}>
          <Icon name={theme === "dark" ? "sun" : "moon"} />
        </button>
        <button
          type="button"
          id="key-button"
          aria-label={t.frame.key}
          title={t.frame.key}
          aria-expanded={isKeyFormOpen}
          data-testid="key-button"
          onClick={onKey}
        >
          <Icon name="key" />
        </button>
      </div>
    </header>
  );
}
