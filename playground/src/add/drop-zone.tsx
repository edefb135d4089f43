/** Where files are let go, with buttons for whoever rather chooses. */
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { useServices } from "../services.ts";
import { Icon } from "../ui/icons.tsx";
import { fromInput, type PictureFile } from "./files.ts";

interface DropZoneProps {
  readonly isDisabled: boolean;
  readonly onFiles: (files: readonly PictureFile[]) => void;
}

export function DropZone({ isDisabled, onFiles }: DropZoneProps): JSX.Element {
  const { t } = useServices();
  return (
    <div class="drop-zone">
      <p>
        <Icon name="picture" />
        {t.add.drop}
      </p>
      <FileChooser label={t.add.files} isFolder={false} isDisabled={isDisabled} onFiles={onFiles} />
      <FileChooser label={t.add.folder} isFolder isDisabled={isDisabled} onFiles={onFiles} />
    </div>
  );
}

interface FileChooserProps extends DropZoneProps {
  readonly label: string;
  readonly isFolder: boolean;
}

function FileChooser({ label, isFolder, isDisabled, onFiles }: FileChooserProps): JSX.Element {
  const id = useId();
  return (
    <>
      <input
        id={id}
        class="visually-hidden"
        type="file"
        multiple
        disabled={isDisabled}
        data-testid={isFolder ? "folder-chooser" : "file-chooser"}
        {...(isFolder && { webkitdirectory: true })}
        onChange={({ currentTarget }) => {
          onFiles(fromInput([...(currentTarget.files ?? [])]));
          // Otherwise choosing the same files again would be no change.
          currentTarget.value = "";
        }}
      />
      <label for={id} class="quiet">
        {label}
      </label>
    </>
  );
}
