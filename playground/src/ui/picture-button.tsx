/** The button that opens the device's own choice of pictures. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { useServices } from "../services.ts";
import { Icon } from "./icons.tsx";
import { PictureChooser } from "./picture-chooser.tsx";

export function PictureButton({ onFile }: { readonly onFile: (file: File | undefined) => void }): JSX.Element {
  const { t } = useServices();
  const id = useId();
  return (
    <>
      <PictureChooser id={id} onFile={onFile} />
      <label for={id} class="picture-button">
        <Icon name="picture" />
        <span class="picture-button-text" aria-hidden="true">
          {t.picture.choose}
        </span>
      </label>
    </>
  );
}
