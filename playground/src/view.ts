/** What the page shows in each state: one function from state to screen. */
import type { ActiveQuery } from "./active-query.ts";
import type { Found } from "./api.ts";
import { find } from "./dom.ts";
import type { Grid } from "./grid.ts";
import type { Query } from "./query.ts";

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "searching"; readonly query: Query }
  | { readonly kind: "found"; readonly query: Query; readonly found: Found }
  | {
      readonly kind: "failed";
      readonly message: string;
      /** For a report to the operator; present when the API itself refused. */
      readonly requestId?: string | undefined;
      /** The query to try again; absent when trying again would change nothing. */
      readonly query?: Query | undefined;
    };

export interface View {
  show(state: State): void;
}

interface ViewOptions {
  readonly grid: Grid;
  readonly activeQuery: ActiveQuery;
  readonly onRetry: (query: Query) => void;
}

export function createView({ grid, activeQuery, onRetry }: ViewOptions): View {
  const { body } = document;
  const results = find("#results", HTMLElement);
  const status = find("#status", HTMLElement);
  const error = find("#error", HTMLElement);
  const errorMessage = find(".error-message", HTMLElement, error);
  const errorRequest = find(".error-request", HTMLElement, error);
  const retry = find("button", HTMLButtonElement, error);
  let failedQuery: Query | undefined;
  retry.addEventListener("click", () => failedQuery && onRetry(failedQuery));

  return {
    show(state) {
      // The style sheet hides and shows by this attribute; tests wait for it.
      body.dataset.state = state.kind;
      results.setAttribute("aria-busy", String(state.kind === "searching"));
      error.hidden = state.kind !== "failed";
      switch (state.kind) {
        case "idle":
          activeQuery.show(undefined);
          grid.show([]);
          status.textContent = "";
          return;
        case "searching":
          // The last results and their count stay, dimmed, until the new ones are there.
          activeQuery.show(state.query);
          return;
        case "found":
          grid.show(state.found.results);
          status.textContent = summary(state.query, state.found);
          return;
        case "failed":
          failedQuery = state.query;
          activeQuery.show(state.query);
          grid.show([]);
          status.textContent = "";
          errorMessage.textContent = state.message;
          errorRequest.textContent = state.requestId ? `Request ${state.requestId}` : "";
          retry.hidden = state.query === undefined;
      }
    },
  };
}

function summary(query: Query, { results, elapsedMs }: Found): string {
  const what = query.kind === "text" ? `for “${query.text}”` : `like ${query.name}`;
  if (results.length === 0) return `Nothing found ${what}.`;
  const count = results.length === 1 ? "1 result" : `${results.length} results`;
  return `${count} ${what} · ${Math.round(elapsedMs)} ms`;
}
