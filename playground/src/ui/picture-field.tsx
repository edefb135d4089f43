/** One picture of a panel: shown large, to be replaced by choosing, dropping, pasting or a sample. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Picture } from "../picture.ts";
import { useServices } from "../services.ts";
import { Icon } from "./icons.tsx";
import { SampleChoice } from "./samples.tsx";
import { type PictureState, useBlobUrl } from "./use-picture.ts";

interface PictureFieldProps {
  readonly state: PictureState;
  readonly samples: readonly Picture[];
}

export function PictureField({ state, samples }: PictureFieldProps): JSX.Element {
  const { t } = useServices();
  const url = useBlobUrl(state.picture?.blob);
  const id = useId();
  return (
    <div class="picture-field">
      <input
        id={id}
        class="visually-hidden"
        type="file"
        accept="image/*"
        aria-label={t.picture.chooseLabel}
        data-testid="picture-chooser"
        onChange={({ currentTarget }) => {
          state.take(currentTarget.files?.[0]);
          // Otherwise choosing the same file again would be no change.
          currentTarget.value = "";
        }}
      />
      <label for={id} class="picture-well" data-empty={url === undefined}>
        {url === undefined ? (
          <span>
            <Icon name="picture" />
            {t.picture.none}
          </span>
        ) : (
          <img alt={state.picture?.name ?? ""} src={url} />
        )}
      </label>
      <SampleChoice samples={samples} onChoose={state.show} />
    </div>
  );
}
