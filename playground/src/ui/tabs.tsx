/** A row of tabs with one stop for the keyboard: arrows, Home and End move inside it (WAI-ARIA's tabs pattern). */
import type { JSX } from "preact";
import { useRef } from "preact/hooks";

interface Tab<Id extends string> {
  readonly id: Id;
  readonly label: string;
  /** Makes the tab a link, which can be copied and opened elsewhere. */
  readonly href?: string;
}

interface TabsProps<Id extends string> {
  readonly label: string;
  /** Tabs are `<name>-tab-<id>`, what they show is `<name>-panel-<id>`. */
  readonly name: string;
  readonly tabs: readonly Tab<Id>[];
  readonly selected: Id;
  readonly onSelect: (id: Id) => void;
}

export function Tabs<Id extends string>({ label, name, tabs, selected, onSelect }: TabsProps<Id>): JSX.Element {
  const row = useRef<HTMLDivElement>(null);

  function move(event: KeyboardEvent): void {
    // With a modifier they are the browser's: Alt and an arrow go back and forward.
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const at = tabs.findIndex(({ id }) => id === selected);
    const to = target(event.key, at, tabs.length);
    const next = to === undefined ? undefined : tabs[to];
    if (!next) return;
    event.preventDefault();
    onSelect(next.id);
    row.current?.querySelector<HTMLElement>(`#${name}-tab-${next.id}`)?.focus();
  }

  return (
    <div ref={row} class={`tabs tabs-${name}`} role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(({ id, label: text, href }) => {
        const common = {
          id: `${name}-tab-${id}`,
          role: "tab",
          "aria-selected": id === selected,
          "aria-controls": `${name}-panel-${id}`,
          tabIndex: id === selected ? 0 : -1,
        } as const;
        if (href === undefined) {
          return (
            <button key={id} type="button" {...common} onClick={() => onSelect(id)}>
              {text}
            </button>
          );
        }
        const follow = (event: MouseEvent): void => {
          // With a modifier the browser opens the link elsewhere.
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onSelect(id);
        };
        return (
          <a key={id} href={href} {...common} onClick={follow}>
            {text}
          </a>
        );
      })}
    </div>
  );
}

function target(key: string, at: number, count: number): number | undefined {
  switch (key) {
    case "ArrowRight":
      return (at + 1) % count;
    case "ArrowLeft":
      return (at - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}
