/** A few pictures and sentences: which belongs to which, by the cosines of their vectors. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { OperationOf } from "../api/operations.ts";
import { CodeBlock } from "../code/code-block.tsx";
import type { PanelProps } from "../panel.ts";
import { useServices } from "../services.ts";
import { AnswerLine } from "../ui/answer-line.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { FileDrop } from "../ui/file-drop.tsx";
import { formatList, parseList } from "../ui/list-query.ts";
import { PanelHeading } from "../ui/panel-heading.tsx";
import { PictureButton } from "../ui/picture-button.tsx";
import { PictureChip } from "../ui/picture-chip.tsx";
import { useSamples } from "../ui/samples.tsx";
import { TextRows } from "../ui/text-rows.tsx";
import { useAnswer } from "../ui/use-answer.ts";
import { cosines } from "./cosines.ts";
import { HeatMap } from "./heat-map.tsx";
import { MAX_PICTURES, usePictures } from "./use-pictures.ts";

export function ComparePanel({ isActive, query, onQuery }: PanelProps): JSX.Element {
  const { t } = useServices();
  const { pictures, refused, add, remove } = usePictures(useSamples());
  const { texts } = useMemo(() => parseList(query, { sentence: "", texts: t.compare.examples }), [query, t]);

  /** What is shown beside an answer is what was asked, not what has been edited since. */
  const operation = useMemo(() => {
    const sentences = texts.map((text) => text.trim()).filter((text) => text !== "");
    if (pictures.length === 0 || sentences.length === 0) return undefined;
    const input = [...pictures.map(({ encoded }) => ({ image: encoded })), ...sentences];
    const embed: OperationOf<"embed"> = { kind: "embed", body: { input } };
    return { ...embed, pictures, sentences };
  }, [pictures, texts]);
  const { answer, answered, isAsking, failure, retry } = useAnswer(operation);

  return (
    <>
      <PanelHeading heading={t.compare.heading} lead={t.compare.lead} />
      <div class="column">
        <fieldset class="pictures">
          <legend>{t.compare.pictures}</legend>
          {pictures.map((picture, at) => (
            // The same picture may be there twice.
            <PictureChip key={at} picture={picture} onRemove={() => remove(at)} />
          ))}
          {pictures.length < MAX_PICTURES && <PictureButton onFile={(file) => file && add([file])} />}
        </fieldset>
        <TextRows
          legend={t.compare.sentences}
          labelAt={t.compare.sentenceAt}
          addLabel={t.compare.add}
          texts={texts}
          onChange={(changed) => onQuery(formatList({ texts: changed }))}
        />
        {answer && answered && (
          <HeatMap
            pictures={answered.pictures}
            sentences={answered.sentences}
            matrix={cosines(answer.body, answered.pictures.length)}
            isStale={isAsking}
          />
        )}
        <AnswerLine answer={answer} summary={operation || refused ? undefined : t.compare.need} />
        <FailureNotice failure={refused ?? failure} retry={retry} />
      </div>
      {operation && <CodeBlock name="compare" operation={operation} pictures={pictures} />}
      <FileDrop isActive={isActive} onFiles={({ files }) => add([...files])} />
    </>
  );
}
