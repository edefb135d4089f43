/** The button that opens the device's own choice of pictures. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { useServices } from "../services.ts";
import { Icon } from "./icons.tsx";

export function PictureButton({ onFile }: { readonly onFile: (file: File | undefined) => void }): JSX.Element {
  const { t } = useServices();
  const id = useId();
  return (
    <>
      <input
        id={id}
        class="visually-hidden"
        type="file"
        accept="image/*"
        aria-label={t.picture.chooseLabel}
        data-testid="picture-chooser"
        onChange={({ currentTarget }) => {
          onFile(currentTarget.files?.[0]);
          // Otherwise choosing the same file again would be no change.
          currentTarget.value = "";
        }}
      />
      <label for={id} class="picture-button">
        <Icon name="picture" />
        <span class="picture-button-text" aria-hidden="true">
          {t.picture.choose}
        </span>
      </label>
    </>
  );
}
