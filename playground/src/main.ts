/** The first page: wires what a person does to a search, and its outcome to the screen. */
import "./styles/main.css";
import { createActiveQuery } from "./active-query.ts";
import { ApiFailure, createApi } from "./api.ts";
import { find } from "./dom.ts";
import { createGrid } from "./grid.ts";
import { createKeyForm } from "./key-form.ts";
import { latestOnly } from "./latest-only.ts";
import { createPictureCache } from "./picture-cache.ts";
import { listenForPictures } from "./picture-input.ts";
import { PictureRefused, preparePicture } from "./prepare-picture.ts";
import type { Query } from "./query.ts";
import { createSession, KeyNeeded } from "./session.ts";
import { createView } from "./view.ts";

/** Long enough to skip most letters of a word that is being typed, short enough to feel immediate. */
const TYPING_PAUSE_MS = 150;

/** The sample collection of the local stack. */
const SAMPLE_COLLECTION = "emoji";

const collection = new URLSearchParams(location.search).get("collection") || SAMPLE_COLLECTION;
const browserFetch: typeof fetch = (input, init) => fetch(input, init);

const session = createSession({ storage: sessionStorage, fetch: browserFetch });
const api = createApi({ fetch: browserFetch, clock: () => performance.now(), collection });
const pictures = createPictureCache({
  load: (id, signal) => session.authorised((key) => api.picture(id, key, signal)),
  urls: URL,
});

const searchForm = find("#search-form", HTMLFormElement);
const searchBox = find("#search-box", HTMLInputElement);

const searches = latestOnly(search, TYPING_PAUSE_MS);
const activeQuery = createActiveQuery(find("#active-query", HTMLElement), { pictures, onClear: startOver });
const grid = createGrid(find("#grid", HTMLOListElement), {
  template: find("#card-template", HTMLTemplateElement),
  pictures,
  onMoreLikeThis(query) {
    searchBy(query);
    activeQuery.focus();
    scrollTo({ top: 0 });
  },
});
const view = createView({ grid, activeQuery, onRetry: searches.now });
const keyForm = createKeyForm({
  form: find("#key-form", HTMLFormElement),
  opener: find("#key-button", HTMLButtonElement),
  onKey: useKey,
});

/** What the page shows, or would show if the key were accepted. */
let current: Query | undefined;

async function search(asked: Query | File, signal: AbortSignal): Promise<void> {
  let query: Query | undefined;
  try {
    query = asked instanceof File ? await preparePicture(asked) : asked;
    if (signal.aborted) return;
    current = query;
    view.show({ kind: "searching", query });
    const sent = query;
    const found = await session.authorised((key) => api.search(sent, key, signal));
    if (!signal.aborted) view.show({ kind: "found", query, found });
  } catch (error) {
    if (!signal.aborted) showFailure(error, query);
  }
}

function showFailure(error: unknown, query: Query | undefined): void {
  if (error instanceof KeyNeeded) {
    view.show({ kind: "idle" });
    keyForm.ask(error.message);
  } else if (error instanceof ApiFailure) {
    view.show({ kind: "failed", query, message: error.message, requestId: error.requestId });
  } else if (error instanceof PictureRefused) {
    view.show({ kind: "failed", message: error.message });
  } else {
    view.show({ kind: "failed", query, message: "Something went wrong on this page." });
    throw error;
  }
}

function searchTyped(run: (query: Query) => void): void {
  const text = searchBox.value.trim();
  if (text === "") {
    searches.cancel();
    current = undefined;
    view.show({ kind: "idle" });
  } else {
    run({ kind: "text", text });
  }
}

/** A query that is not text takes the place of the text. */
function searchBy(asked: Query | File): void {
  searchBox.value = "";
  searches.now(asked);
}

function startOver(): void {
  searchBox.value = "";
  searchBox.focus();
  searchTyped(searches.now);
}

function useKey(key: string): void {
  session.use(key);
  // Nothing that the former key could see stays on the page.
  view.show({ kind: "idle" });
  pictures.clear();
  searchBox.focus();
  if (current) searches.now(current);
}

searchBox.addEventListener("input", () => searchTyped(searches.soon));
searchForm.addEventListener("submit", (event) => {
  event.preventDefault();
  searchTyped(searches.now);
});

listenForPictures({
  chooser: find("#picture-chooser", HTMLInputElement),
  dropTarget: document.body,
  onFile: searchBy,
});

const examples = find("#examples", HTMLElement);
// The examples are words for the sample pictures; another collection has its own.
examples.hidden = collection !== SAMPLE_COLLECTION;
examples.addEventListener("click", ({ target }) => {
  if (!(target instanceof HTMLButtonElement)) return;
  searchBox.value = target.textContent;
  searchTyped(searches.now);
});

find("#collection", HTMLElement).textContent = collection;

searchBox.focus();
if (!(await session.open())) keyForm.ask("Enter an API key to search.");
