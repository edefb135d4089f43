/** The list of results. An item that stays from one search to the next keeps its card, so that typing does not flicker. */
import type { SearchResult } from "./api.ts";
import { type Card, type CardOptions, createCard } from "./card.ts";

/** Pictures load this far ahead of the screen's edge. */
const LOOK_AHEAD = "300px";

export interface Grid {
  show(results: readonly SearchResult[]): void;
}

export function createGrid(list: HTMLOListElement, options: CardOptions): Grid {
  let cards = new Map<string, Card>();

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting || !(target instanceof HTMLLIElement)) continue;
        observer.unobserve(target);
        cards.get(target.dataset.id ?? "")?.reveal();
      }
    },
    { rootMargin: LOOK_AHEAD },
  );

  function cardFor(result: SearchResult): Card {
    const kept = cards.get(result.id);
    kept?.rescore(result.score);
    return kept ?? createCard(result, options);
  }

  return {
    show(results) {
      const next = new Map(results.map((result) => [result.id, cardFor(result)]));
      for (const [id, card] of cards) {
        if (next.has(id)) continue;
        observer.unobserve(card.element);
        card.discard();
      }
      const before = cards;
      cards = next;
      list.replaceChildren(...Array.from(next.values(), (card) => card.element));
      for (const [id, card] of next) if (!before.has(id)) observer.observe(card.element);
    },
  };
}
