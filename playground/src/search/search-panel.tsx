/** Search as one types: words and pictures, together or alone, narrowed and with exclusions. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { CodeBlock } from "../code/code-block.tsx";
import { chooseCollection, SAMPLE_COLLECTION, useCollections } from "../collections.ts";
import type { PanelProps } from "../panel.ts";
import { useServices } from "../services.ts";
import { Examples } from "../ui/examples.tsx";
import { FileDrop } from "../ui/file-drop.tsx";
import { useAnswer } from "../ui/use-answer.ts";
import { usePicture } from "../ui/use-picture.ts";
import { facetsOf } from "./facets.ts";
import { FilterBar } from "./filter-bar.tsx";
import { useNames } from "./names.ts";
import { QueryChips } from "./query-chips.tsx";
import { Results } from "./results.tsx";
import { SearchBox } from "./search-box.tsx";
import { formatSearch, parseSearch, type SearchState, toOperation } from "./state.ts";
import { useBrowse } from "./use-browse.ts";
import { useChipFocus } from "./use-chip-focus.ts";

export function SearchPanel({ isActive, query, onQuery }: PanelProps): JSX.Element {
  const { t } = useServices();
  const state = useMemo(() => parseSearch(query), [query]);
  const { picture, refused, take, show } = usePicture();
  const collections = useCollections(isActive);
  const names = collections.value;
  const collection = chooseCollection(state.collection, names);

  const operation = useMemo(
    () => (collection === undefined ? undefined : toOperation(state, collection, picture)),
    [state, collection, picture],
  );
  const asked = useAnswer(operation);
  const results = asked.answer?.body.results ?? [];
  const isIdle = operation === undefined;
  const browse = useBrowse(collection, isActive && isIdle);
  const nameOf = useNames({
    collection: collection ?? "",
    items: isIdle ? (browse.value ?? []) : results,
    ids: [...(state.like === undefined ? [] : [state.like]), ...state.not],
  });
  const facets = useMemo(() => facetsOf(results), [asked.answer]);

  const chipFocus = useChipFocus();

  const change = (part: Partial<SearchState>, isStep = false): void => {
    // What was wrong with a picture does not concern the search that follows.
    if (refused) show(undefined);
    onQuery(formatSearch({ ...state, ...part }), isStep);
  };
  const step = (part: Partial<SearchState>): void => change(part, true);
  const startOver = (): void => {
    show(undefined);
    onQuery(formatSearch({ ...parseSearch(""), collection: state.collection }), true);
  };
  /** The words go: what is on the screen is asked about, not what led there. */
  const moreLikeThis = (id: string): void => {
    chipFocus.expect();
    show(undefined);
    step({ like: id, text: "", not: state.not.filter((other) => other !== id) });
    scrollTo({ top: 0 });
  };
  const notThis = (id: string): void => {
    chipFocus.expect();
    step({ not: [...state.not.filter((other) => other !== id), id] });
  };

  return (
    <>
      <section class="hero">
        <h1>{t.search.heading}</h1>
        <SearchBox
          text={state.text}
          without={state.without}
          onText={(text) => change({ text })}
          onWithout={(without) => change({ without })}
          onFile={take}
        />
        {collection !== undefined && (
          <QueryChips
            container={chipFocus.container}
            collection={collection}
            state={state}
            picture={picture}
            nameOf={nameOf}
            onChange={step}
            onRemovePicture={() => show(undefined)}
          />
        )}
        {isIdle && collection === SAMPLE_COLLECTION && (
          <Examples label={t.search.examplesLabel} texts={t.search.examples} onChoose={(text) => step({ text })} />
        )}
        {isIdle && <p class="lead">{t.search.lead}</p>}
      </section>
      {collection !== undefined && (
        <FilterBar
          // One that was asked for may not be there; the answer says so.
          collections={[...new Set([...(names ?? []), collection])]}
          collection={collection}
          state={state}
          facets={isIdle ? undefined : facets}
          onChange={step}
        />
      )}
      {operation && <CodeBlock name="search" operation={operation} pictures={picture ? [picture] : []} />}
      <Results
        collection={collection}
        hasCollections={names === undefined || names.length > 0}
        asked={isIdle ? undefined : asked}
        browse={browse}
        // What comes first keeps what follows from being tried.
        trouble={[{ failure: refused }, collections, isIdle ? browse : asked].find(
          ({ failure }) => failure !== undefined,
        )}
        isFused={Array.isArray(asked.answered?.body.query)}
        onMoreLikeThis={moreLikeThis}
        onNotThis={notThis}
        onStartOver={startOver}
      />
      <FileDrop isActive={isActive} onFiles={({ files }) => take(files[0])} />
    </>
  );
}
