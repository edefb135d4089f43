/** The three ways in which a person hands over a picture: choosing, dropping and pasting. */

interface PictureInputOptions {
  /** The `<input type="file">`. */
  readonly chooser: HTMLInputElement;
  /** Where files may be dropped; carries `data-dropping` while one hovers over it. */
  readonly dropTarget: HTMLElement;
  readonly onFile: (file: File) => void;
}

export function listenForPictures({ chooser, dropTarget, onFile }: PictureInputOptions): void {
  const take = (files: FileList | null | undefined): void => {
    const file = files?.[0];
    if (file) onFile(file);
  };

  chooser.addEventListener("change", () => {
    take(chooser.files);
    // Otherwise choosing the same file again would be no change.
    chooser.value = "";
  });

  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length) return;
    event.preventDefault();
    take(files);
  });

  const hover = (isOver: boolean): void => {
    dropTarget.toggleAttribute("data-dropping", isOver);
  };
  // Without the default prevented, the browser would leave the page and open the file.
  dropTarget.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    hover(true);
  });
  dropTarget.addEventListener("dragleave", (event) => {
    // Moving between children also «leaves»; only a way out of the target counts.
    if (!(event.relatedTarget instanceof Node && dropTarget.contains(event.relatedTarget))) hover(false);
  });
  dropTarget.addEventListener("drop", (event) => {
    hover(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    take(event.dataTransfer?.files);
  });
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
