/** Texts that a person may start with. */
import type { JSX } from "preact";

interface ExamplesProps {
  readonly label: string;
  readonly texts: readonly string[];
  readonly onChoose: (text: string) => void;
}

export function Examples({ label, texts, onChoose }: ExamplesProps): JSX.Element {
  return (
    <fieldset class="examples">
      <legend class="visually-hidden">{label}</legend>
      {texts.map((text) => (
        <button key={text} type="button" data-testid="example" onClick={() => onChoose(text)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
