/** Pictures into a collection: files or folders, with progress, and to go on with after an interruption. */
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { CodeBlock } from "../code/code-block.tsx";
import { useCollections } from "../collections.ts";
import type { PanelProps } from "../panel.ts";
import { formatRoute } from "../route.ts";
import { useServices } from "../services.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { FileDrop } from "../ui/file-drop.tsx";
import { PanelHeading } from "../ui/panel-heading.tsx";
import { CollectionField, isCollectionName } from "./collection-field.tsx";
import { DropZone } from "./drop-zone.tsx";
import { choose, fromTransfer, type Handed, metadataOf } from "./files.ts";
import { Refusals } from "./refusals.tsx";
import { addOperation } from "./upload.ts";
import { UploadProgress } from "./upload-progress.tsx";
import { isUnderWay, useUpload } from "./use-upload.ts";

export function AddPanel({ isActive, query, onQuery }: PanelProps): JSX.Element {
  const { t } = useServices();
  const { value: names, failure, retry } = useCollections(isActive);
  const asked = new URLSearchParams(query);
  // Only a collection that the person has named gets pictures: the samples are not his.
  const isNew = !asked.get("in");
  const collection = (isNew ? asked.get("new") : asked.get("in")) ?? "";
  const [handed, setHanded] = useState<Handed>();
  const { state: latest, storedIn, start, pause, cancel, clear } = useUpload();
  const isBusy = latest !== undefined && isUnderWay(latest);
  // What became of another collection's upload is not said of this one, nor gone on with here.
  const state = isBusy || latest?.collection === collection ? latest : undefined;
  // Once for a hand-over: an upload that goes on must find its pictures under the ids that it gave them.
  const chosen = useMemo(() => handed && choose(handed, storedIn(collection)), [handed, collection]);

  /** What a person waits for: nothing that is read later takes its place, and no upload that has begun meanwhile. */
  const awaited = useRef<Promise<Handed>>();
  const take = async (reading: Promise<Handed>): Promise<void> => {
    if (isBusy) return;
    awaited.current = reading;
    const given = await reading;
    if (awaited.current !== reading || (given.files.length === 0 && given.unread.length === 0)) return;
    clear();
    setHanded(given);
  };
  const pictures = chosen?.pictures ?? [];
  const canStart = pictures.length > 0 && isCollectionName(collection) && !isBusy && state?.phase !== "done";
  const begin = (): void => {
    awaited.current = undefined;
    start(collection, pictures);
  };

  return (
    <>
      <PanelHeading heading={t.add.heading} lead={t.add.lead} />
      <div class="column">
        <FailureNotice failure={failure} retry={retry} />
        <CollectionField
          names={names ?? []}
          value={collection}
          isNew={isNew}
          isDisabled={isBusy}
          onChange={(value, isOfNew) => onQuery(new URLSearchParams({ [isOfNew ? "new" : "in"]: value }).toString())}
        />
        <DropZone isDisabled={isBusy} onFiles={(files) => void take(Promise.resolve({ files, unread: [] }))} />
        {chosen && (
          <p class="answer-line" role="status" data-testid="chosen">
            {pictures.length === 0 && chosen.unread.length === 0 ? t.add.none : t.add.chosen(pictures.length)}
            {pictures.length > 0 && chosen.ignored > 0 && ` · ${t.add.ignored(chosen.ignored)}`}
          </p>
        )}
        <Refusals
          heading={t.add.unread}
          refused={(chosen?.unread ?? []).map((path) => ({ id: path, reason: t.add.unreadable }))}
        />
        <div class="actions">
          {canStart && (
            <button type="button" class="primary" data-testid="start" onClick={begin}>
              {state?.phase === "paused" ? t.add.resume : t.add.start}
            </button>
          )}
          {isBusy && (
            <button type="button" class="quiet" data-testid="pause" onClick={pause}>
              {t.add.pause}
            </button>
          )}
          {(isBusy || state?.phase === "paused") && (
            <button type="button" class="quiet" onClick={cancel}>
              {t.add.cancel}
            </button>
          )}
        </div>
        {state && <UploadProgress state={state} onResume={begin} />}
        {state?.phase === "done" && (
          <a class="primary" href={formatRoute({ panel: "search", query: `in=${state.collection}` })}>
            {t.add.searchThem}
          </a>
        )}
      </div>
      <CodeBlock name="add" {...exampleOf(collection, pictures[0]?.id)} />
      <FileDrop isActive={isActive} onFiles={(transfer) => void take(fromTransfer(transfer, new Date()))} />
    </>
  );
}

/** One item says it all; its bytes are not read for that. */
function exampleOf(collection: string, id = "apple.jpg") {
  const picture = { name: id, encoded: "(the picture)", blob: new Blob() };
  const item = { id, image: picture.encoded, metadata: metadataOf(id) };
  return { operation: addOperation(isCollectionName(collection) ? collection : "photos", [item]), pictures: [picture] };
}
