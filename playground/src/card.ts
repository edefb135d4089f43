/** One result: picture, name and score. Its picture is loaded when it comes near the screen. */
import type { SearchResult } from "./api.ts";
import { find } from "./dom.ts";
import type { PictureCache } from "./picture-cache.ts";
import type { SimilarQuery } from "./query.ts";

export interface Card {
  readonly element: HTMLLIElement;
  /** The same item in another search. */
  rescore(score: number): void;
  /** Starts loading the picture; further calls do nothing. */
  reveal(): void;
  /** The card leaves the page: a picture under way is no longer wanted. */
  discard(): void;
}

export interface CardOptions {
  readonly template: HTMLTemplateElement;
  readonly pictures: PictureCache;
  readonly onMoreLikeThis: (query: SimilarQuery) => void;
}

export function createCard(result: SearchResult, { template, pictures, onMoreLikeThis }: CardOptions): Card {
  const { id, modality, score } = result;
  const name = nameOf(result);
  const element = find("li", HTMLLIElement, document.importNode(template.content, true));
  const image = find("img", HTMLImageElement, element);
  const button = find("button", HTMLButtonElement, element);
  const caption = find(".card-name", HTMLElement, element);
  const scoreText = find(".card-score-value", HTMLElement, element);
  const unwanted = new AbortController();
  let isRevealed = false;

  element.dataset.id = id;
  element.dataset.picture = modality === "image" ? "pending" : "none";
  caption.textContent = name;
  caption.title = name;
  button.setAttribute("aria-label", `More like ${name}`);
  button.addEventListener("click", () => onMoreLikeThis({ kind: "similar", id, name }));

  async function loadPicture(): Promise<void> {
    try {
      image.src = await pictures.url(id, unwanted.signal);
      await image.decode();
      element.dataset.picture = "shown";
    } catch {
      // The name and the score are still worth showing; the search itself succeeded.
      element.dataset.picture = "missing";
    }
  }

  const card: Card = {
    element,
    rescore(value) {
      scoreText.textContent = value.toFixed(2);
    },
    reveal() {
      if (isRevealed || modality !== "image") return;
      isRevealed = true;
      void loadPicture();
    },
    discard() {
      unwanted.abort();
    },
  };
  card.rescore(score);
  return card;
}

/** `metadata.name` where the collection has one; ids are all that is sure to be there. */
function nameOf({ id, metadata }: SearchResult): string {
  const name = metadata?.name;
  return typeof name === "string" && name !== "" ? name : id;
}
