/** One item: picture, name, score, and what can be asked from there. */

import type { SearchResponse } from "@sightline/shared/api/collections";
import type { JSX } from "preact";
import { useServices } from "../services.ts";
import { percent } from "../ui/bar.tsx";
import { Icon } from "../ui/icons.tsx";
import { StoredPicture } from "../ui/stored-picture.tsx";
import { nameOf } from "./names.ts";

/** Without a score where nothing was asked for. */
export type Shown = Omit<SearchResponse["results"][number], "score" | "embedding"> & {
  readonly score?: number;
  readonly text?: string | undefined;
};

interface ResultCardProps {
  readonly collection: string;
  readonly item: Shown;
  /** Cosines read well with two digits; fused ranks are all small and need more. */
  readonly digits: number;
  readonly onMoreLikeThis: (id: string) => void;
  /** Left out where there is nothing to exclude from. */
  readonly onNotThis?: ((id: string) => void) | undefined;
}

export function ResultCard({ collection, item, digits, onMoreLikeThis, onNotThis }: ResultCardProps): JSX.Element {
  const { t } = useServices();
  const { id, modality, score, entailment, text } = item;
  const name = nameOf(item);
  return (
    <li class="card" data-testid="card" data-id={id}>
      <button
        type="button"
        class="card-picture"
        data-testid="more-like-this"
        aria-label={t.search.moreLikeThis(name)}
        onClick={() => onMoreLikeThis(id)}
      >
        {modality === "image" ? (
          <StoredPicture collection={collection} id={id} />
        ) : (
          <span class="card-text">{text ?? name}</span>
        )}
        <span class="card-hint" aria-hidden="true">
          {t.search.moreLikeThisShort}
        </span>
      </button>
      {onNotThis && (
        <button
          type="button"
          class="card-not"
          data-testid="not-this"
          aria-label={t.search.notThis(name)}
          title={t.search.notThisShort}
          onClick={() => onNotThis(id)}
        >
          <Icon name="minus" />
        </button>
      )}
      {entailment && (
        <span class="card-verdict" data-label={entailment.label} data-testid="card-verdict">
          {t.entail.answers[entailment.label]} {percent(entailment.confidence)}
        </span>
      )}
      <div class="card-caption">
        <span class="card-name" title={name}>
          {name}
        </span>
        {score !== undefined && (
          <span class="card-score">
            <span class="visually-hidden">{t.search.score} </span>
            {score.toFixed(digits)}
          </span>
        )}
      </div>
    </li>
  );
}
