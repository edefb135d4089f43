/** Words, a picture, and what the results shall be without. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { useServices } from "../services.ts";
import { Icon } from "../ui/icons.tsx";
import { PictureButton } from "../ui/picture-button.tsx";

interface SearchBoxProps {
  readonly text: string;
  readonly without: string;
  readonly onText: (text: string) => void;
  readonly onWithout: (without: string) => void;
  readonly onFile: (file: File | undefined) => void;
}

export function SearchBox({ text, without, onText, onWithout, onFile }: SearchBoxProps): JSX.Element {
  const { t } = useServices();
  const id = useId();
  return (
    <search>
      <form class="search" onSubmit={(event) => event.preventDefault()}>
        <Icon name="search" />
        <label for={`${id}-box`} class="visually-hidden">
          {t.search.box}
        </label>
        <input
          id={`${id}-box`}
          data-testid="search-box"
          type="search"
          value={text}
          placeholder={t.search.placeholder}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          enterkeyhint="search"
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
        <PictureButton onFile={onFile} />
      </form>
      <div class="without">
        <label for={`${id}-without`}>
          <Icon name="minus" />
          {t.search.without}
        </label>
        <input
          id={`${id}-without`}
          data-testid="without"
          type="text"
          value={without}
          placeholder={t.search.withoutPlaceholder}
          autocomplete="off"
          spellcheck={false}
          onInput={({ currentTarget }) => onWithout(currentTarget.value)}
        />
      </div>
    </search>
  );
}
