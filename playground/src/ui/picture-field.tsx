/** One picture of a panel: shown large, to be replaced by choosing, dropping, pasting or a sample. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { Picture } from "../picture.ts";
import { useServices } from "../services.ts";
import { Icon } from "./icons.tsx";
import { PictureChooser } from "./picture-chooser.tsx";
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
      <PictureChooser id={id} onFile={state.take} />
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
