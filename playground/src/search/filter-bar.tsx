/** Where is searched and by what it is narrowed: collection, kind, verification, and metadata of the results. */
import type { Modality } from "@sightline/shared/api/collections";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { useServices } from "../services.ts";
import type { Facet } from "./facets.ts";
import { type SearchState, toggleValue } from "./state.ts";

const KINDS: readonly (Modality | undefined)[] = [undefined, "image", "text"];

interface FilterBarProps {
  readonly collections: readonly string[];
  readonly collection: string | undefined;
  readonly state: SearchState;
  /** undefined while nothing is asked for. */
  readonly facets: readonly Facet[] | undefined;
  readonly onChange: (change: Partial<SearchState>) => void;
}

export function FilterBar({ collections, collection, state, facets, onChange }: FilterBarProps): JSX.Element {
  const { t } = useServices();
  const id = useId();
  return (
    <div class="filter-bar">
      <label>
        <span class="bar-label">{t.search.collection}</span>
        <select
          value={collection}
          data-testid="collection"
          // Ids of another collection mean nothing in this one.
          onChange={({ currentTarget }) =>
            onChange({ collection: currentTarget.value, like: undefined, not: [], filters: [] })
          }
        >
          {collections.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <fieldset class="segments">
        <legend class="visually-hidden">{t.search.kind}</legend>
        {KINDS.map((kind) => (
          <label key={kind}>
            <input
              type="radio"
              name={`${id}-kind`}
              checked={state.modality === kind}
              onChange={() => onChange({ modality: kind })}
            />
            <span>{t.search.kinds[kind ?? "all"]}</span>
          </label>
        ))}
      </fieldset>
      <label class="switch" title={t.search.verifyHint}>
        <input
          type="checkbox"
          checked={state.verify}
          // Without words nothing says what a picture is to show.
          disabled={state.text.trim() === ""}
          data-testid="verify"
          aria-describedby={`${id}-verify`}
          onChange={({ currentTarget }) => onChange({ verify: currentTarget.checked })}
        />
        <span>{t.search.verify}</span>
        <span id={`${id}-verify`} hidden>
          {t.search.verifyHint}
        </span>
      </label>
      {facets && <FacetChips facets={facets} state={state} onChange={onChange} />}
    </div>
  );
}

type FacetChipsProps = Pick<FilterBarProps, "state" | "onChange"> & { readonly facets: readonly Facet[] };

/** Chosen values first: they stay even when no result shows them as a choice any more. */
function FacetChips({ facets, state, onChange }: FacetChipsProps): JSX.Element {
  const { t } = useServices();
  const chosen = state.filters.flatMap(({ field, values }) => values.map((value) => ({ field, value })));
  const isChosen = (facet: { readonly field: string; readonly value: unknown }): boolean =>
    chosen.some(({ field, value }) => field === facet.field && value === facet.value);
  const offered = facets.filter((facet) => !isChosen(facet));
  return (
    <fieldset class="facets">
      <legend class="visually-hidden">{t.search.filters}</legend>
      {[...chosen, ...offered].map((facet) => (
        <button
          key={`${facet.field}:${JSON.stringify(facet.value)}`}
          type="button"
          class="facet"
          aria-pressed={isChosen(facet)}
          data-testid="facet"
          onClick={() => onChange({ filters: toggleValue(state.filters, facet.field, facet.value) })}
        >
          {t.search.filter(facet.field, String(facet.value))}
          {"count" in facet && <span class="facet-count">{facet.count}</span>}
        </button>
      ))}
    </fieldset>
  );
}
