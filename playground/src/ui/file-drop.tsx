/** Files that are dropped on the page or pasted into it; a veil says that they may be let go. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useServices } from "../services.ts";

interface FileDropProps {
  /** Only the panel that is seen takes files. */
  readonly isActive: boolean;
  /** Called while the event is handled: what it carries is gone afterwards. */
  readonly onFiles: (transfer: DataTransfer) => void;
}

export function FileDrop({ isActive, onFiles }: FileDropProps): JSX.Element | null {
  const { t } = useServices();
  const [isOver, setOver] = useState(false);
  const taker = useRef(onFiles);
  taker.current = onFiles;

  useEffect(() => {
    if (!isActive) return;
    const ended = new AbortController();
    const listen = <E extends keyof DocumentEventMap>(event: E, listener: (event: DocumentEventMap[E]) => void): void =>
      document.addEventListener(event, listener, { signal: ended.signal });

    listen("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      taker.current(event.clipboardData);
    });
    // Without the default prevented, the browser would leave the page and open the file.
    listen("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setOver(true);
    });
    listen("dragleave", (event) => {
      // Moving between elements also «leaves»; only a way out of the window counts.
      if (event.relatedTarget === null) setOver(false);
    });
    listen("drop", (event) => {
      setOver(false);
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      taker.current(event.dataTransfer);
    });
    return () => ended.abort();
  }, [isActive]);

  if (!isOver) return null;
  return (
    <div class="drop-veil" aria-hidden="true">
      <span>{t.frame.drop}</span>
    </div>
  );
}

const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
