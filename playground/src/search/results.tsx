/** The grid of what was found, or of what there is; and what to do where there is nothing. */
import type { ComponentChildren, JSX } from "preact";
import type { OperationOf } from "../api/operations.ts";
import type { Messages } from "../i18n/en.ts";
import { formatRoute } from "../route.ts";
import { useServices } from "../services.ts";
import { AnswerLine } from "../ui/answer-line.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import type { Asked } from "../ui/use-answer.ts";
import { ResultCard, type Shown } from "./result-card.tsx";
import { TOP_K } from "./state.ts";
import type { Browse } from "./use-browse.ts";

interface ResultsProps {
  readonly collection: string | undefined;
  readonly hasCollections: boolean;
  /** undefined: nothing is asked for. */
  readonly asked: Asked<OperationOf<"search">> | undefined;
  readonly browse: Browse;
  /** Why there is nothing to show, if it is not for want of results. */
  readonly trouble: { readonly failure: unknown; readonly retry?: () => void } | undefined;
  /** Whether scores are fused ranks. */
  readonly isFused: boolean;
  readonly onMoreLikeThis: (id: string) => void;
  readonly onNotThis: (id: string) => void;
  readonly onStartOver: () => void;
}

export function Results(props: ResultsProps): JSX.Element {
  const { collection, asked, browse, trouble, onStartOver } = props;
  const { t } = useServices();
  const items: readonly Shown[] | undefined = trouble ? [] : asked ? asked.answer?.body.results : browse.value;
  const isBusy = asked?.isAsking ?? items === undefined;
  return (
    <section class="results" aria-label={t.search.results} aria-busy={isBusy} data-testid="results">
      <AnswerLine answer={trouble ? undefined : asked?.answer} summary={trouble ? undefined : summaryOf(props, t)} />
      <FailureNotice failure={trouble?.failure} retry={trouble?.retry} />
      {items === undefined ? (
        props.hasCollections && <Skeletons />
      ) : (
        <ol class="grid" data-testid="grid" data-stale={asked?.isAsking}>
          {items.map((item) => (
            <ResultCard
              key={item.id}
              // Of the collection that was asked: the person may have gone on to another.
              collection={asked?.answered?.collection ?? collection ?? ""}
              item={item}
              digits={props.isFused ? 4 : 2}
              onMoreLikeThis={props.onMoreLikeThis}
              onNotThis={asked && props.onNotThis}
            />
          ))}
        </ol>
      )}
      {trouble === undefined && !isBusy && items?.length === 0 && asked && (
        <Nothing heading={t.search.nothing} hint={t.search.nothingHint}>
          <button type="button" class="quiet" onClick={onStartOver}>
            {t.search.reset}
          </button>
        </Nothing>
      )}
      {trouble === undefined && !asked && (items?.length === 0 || !props.hasCollections) && (
        <Nothing
          heading={props.hasCollections ? t.search.emptyCollection : t.search.noCollections}
          hint={t.search.addHint}
        >
          <a
            class="primary"
            href={formatRoute({ panel: "add", query: collection === undefined ? "" : `in=${collection}` })}
          >
            {t.search.addFirst}
          </a>
        </Nothing>
      )}
    </section>
  );
}

function summaryOf({ asked, browse, collection }: ResultsProps, t: Messages): string | undefined {
  if (asked) return asked.answer ? t.search.found(asked.answer.body.results.length) : t.search.searching;
  return browse.value?.length && collection ? t.search.browsing(collection) : undefined;
}

interface NothingProps {
  readonly heading: string;
  readonly hint: string;
  /** What to do about it. */
  readonly children: ComponentChildren;
}

function Nothing({ heading, hint, children }: NothingProps): JSX.Element {
  return (
    <div class="nothing" data-testid="nothing">
      <h2>{heading}</h2>
      <p>{hint}</p>
      {children}
    </div>
  );
}

/** Stand where the cards will be, so that nothing jumps. */
const Skeletons = (): JSX.Element => (
  <div class="grid skeletons" aria-hidden="true">
    {Array.from({ length: TOP_K }, (_, n) => (
      // They are all alike.
      <i key={n} />
    ))}
  </div>
);
