/** A list of short texts to edit in place, each with the score that it has at the moment. */
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { useServices } from "../services.ts";
import { Icon } from "./icons.tsx";

interface TextRowsProps {
  readonly legend: string;
  /** The label of a row's field, from 1. */
  readonly labelAt: (n: number) => string;
  readonly addLabel: string;
  readonly texts: readonly string[];
  readonly onChange: (texts: readonly string[]) => void;
  /** What stands behind a row's field. */
  readonly after?: (index: number) => ComponentChildren;
}

export function TextRows({ legend, labelAt, addLabel, texts, onChange, after }: TextRowsProps): JSX.Element {
  const { t } = useServices();
  const fieldset = useRef<HTMLFieldSetElement>(null);
  /** The row that gets the focus once it is there. */
  const focusNext = useRef<number>();

  // Before the browser gets to the next letter, which belongs into that row.
  useLayoutEffect(() => {
    if (focusNext.current === undefined) return;
    fieldset.current?.querySelectorAll("input")[focusNext.current]?.focus();
    focusNext.current = undefined;
  });

  const replace = (at: number, deleted: number, ...added: string[]): void =>
    onChange(texts.toSpliced(at, deleted, ...added));
  const addAt = (at: number): void => {
    focusNext.current = at;
    replace(at, 0, "");
  };
  const removeAt = (at: number): void => {
    focusNext.current = Math.max(0, at - 1);
    replace(at, 1);
  };

  /** As in a text editor: Enter opens a row, Backspace in an empty one closes it. */
  function edit(event: KeyboardEvent, at: number): void {
    // Safari tells of a composition's end before the key that ends it, and marks that key by its code alone.
    const isLetterBeingComposed = event.isComposing || event.keyCode === 229;
    if (event.key === "Enter" && !isLetterBeingComposed) addAt(at + 1);
    else if (event.key === "Backspace" && texts[at] === "" && texts.length > 1) removeAt(at);
    else return;
    event.preventDefault();
  }

  return (
    <fieldset ref={fieldset} class="rows">
      <legend>{legend}</legend>
      <ul>
        {texts.map((text, at) => (
          // A row is its place; its text changes while it is typed.
          <li key={at} class="row" data-testid="row">
            <input
              type="text"
              value={text}
              aria-label={labelAt(at + 1)}
              maxLength={512}
              onInput={({ currentTarget }) => replace(at, 1, currentTarget.value)}
              onKeyDown={(event) => edit(event, at)}
            />
            {after?.(at)}
            <button
              type="button"
              class="row-remove"
              aria-label={t.rows.remove(text || labelAt(at + 1))}
              disabled={texts.length === 1}
              onClick={() => removeAt(at)}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="quiet add-row" onClick={() => addAt(texts.length)}>
        <Icon name="plus" />
        {addLabel}
      </button>
    </fieldset>
  );
}
