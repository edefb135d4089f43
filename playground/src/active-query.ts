/** The chip under the search box that shows a query which is not text: a small picture, its name and a way to drop it. */
import { find } from "./dom.ts";
import type { PictureCache } from "./picture-cache.ts";
import type { Query } from "./query.ts";

export interface ActiveQuery {
  /** Hides the chip for a text: the search box shows that. */
  show(query: Query | undefined): void;
  /** Gives the keyboard a place to go on from when the card that was used is gone. */
  focus(): void;
}

interface ActiveQueryOptions {
  readonly pictures: PictureCache;
  readonly onClear: () => void;
}

export function createActiveQuery(chip: HTMLElement, { pictures, onClear }: ActiveQueryOptions): ActiveQuery {
  const image = find("img", HTMLImageElement, chip);
  const label = find(".active-name", HTMLElement, chip);
  const clear = find("button", HTMLButtonElement, chip);
  clear.addEventListener("click", onClear);

  let shown: Query | undefined;
  /** Ends what the shown query holds: its own blob URL, or a picture still under way. */
  let release = (): void => {};

  function showPicture(picture: Blob): void {
    const url = URL.createObjectURL(picture);
    release = () => URL.revokeObjectURL(url);
    image.src = url;
  }

  async function showStored(id: string): Promise<void> {
    const unwanted = new AbortController();
    release = () => unwanted.abort();
    const url = await pictures.url(id, unwanted.signal).catch(() => undefined);
    if (url && !unwanted.signal.aborted) image.src = url;
  }

  return {
    show(query) {
      if (query === shown) return;
      release();
      release = () => {};
      shown = query;
      image.removeAttribute("src");
      chip.hidden = query === undefined || query.kind === "text";
      if (query === undefined || query.kind === "text") return;
      label.textContent = query.name;
      clear.setAttribute("aria-label", `Stop searching by ${query.name}`);
      if (query.kind === "picture") showPicture(query.picture);
      else void showStored(query.id);
    },
    focus() {
      clear.focus();
    },
  };
}
