/** The device's own choice of pictures; what is seen of it is the label of the same id. */
import type { JSX } from "preact";
import { useServices } from "../services.ts";

interface PictureChooserProps {
  readonly id: string;
  readonly onFile: (file: File | undefined) => void;
}

export function PictureChooser({ id, onFile }: PictureChooserProps): JSX.Element {
  const { t } = useServices();
  return (
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
  );
}
