/** A picture and labels to edit: how well each of them fits, while they are typed. */
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { OperationOf } from "../api/operations.ts";
import { CodeBlock } from "../code/code-block.tsx";
import type { PanelProps } from "../panel.ts";
import { useServices } from "../services.ts";
import { AnswerLine } from "../ui/answer-line.tsx";
import { Bar, percent } from "../ui/bar.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { FileDrop } from "../ui/file-drop.tsx";
import { formatList, parseList } from "../ui/list-query.ts";
import { PanelHeading } from "../ui/panel-heading.tsx";
import { PictureField } from "../ui/picture-field.tsx";
import { useSamples } from "../ui/samples.tsx";
import { TextRows } from "../ui/text-rows.tsx";
import { useAnswer } from "../ui/use-answer.ts";
import { usePicture } from "../ui/use-picture.ts";

export function ClassifyPanel({ isActive, query, onQuery }: PanelProps): JSX.Element {
  const { t } = useServices();
  const samples = useSamples();
  const state = usePicture(samples[0]);
  const { picture, refused } = state;
  const { texts } = useMemo(() => parseList(query, { sentence: "", texts: t.classify.examples }), [query, t]);

  const operation = useMemo((): OperationOf<"classify"> | undefined => {
    const labels = texts.map((text) => text.trim()).filter((text) => text !== "");
    if (!picture || labels.length === 0) return undefined;
    return { kind: "classify", body: { input: { image: picture.encoded }, labels } };
  }, [picture, texts]);
  const { answer, failure, retry } = useAnswer(operation);

  const scores = new Map(answer?.body.data[0]?.labels.map(({ label, score }) => [label, score]));
  const best = answer?.body.data[0]?.labels[0];
  const summary = best && t.answer.best(best.label, percent(best.score));
  return (
    <>
      <PanelHeading heading={t.classify.heading} lead={t.classify.lead} />
      <div class="two-columns">
        <PictureField state={state} samples={samples} />
        <div>
          <TextRows
            legend={t.classify.labels}
            labelAt={t.classify.labelAt}
            addLabel={t.classify.add}
            texts={texts}
            onChange={(changed) => onQuery(formatList({ texts: changed }))}
            after={(at) => {
              const label = texts[at]?.trim() ?? "";
              return <Bar share={scores.get(label)} isBest={label === best?.label} />;
            }}
          />
          <AnswerLine answer={answer} summary={operation || refused ? summary : t.classify.needPicture} />
          <FailureNotice failure={refused ?? failure} retry={retry} />
        </div>
      </div>
      {operation && <CodeBlock name="classify" operation={operation} pictures={picture ? [picture] : []} />}
      <FileDrop isActive={isActive} onFiles={({ files }) => state.take(files[0])} />
    </>
  );
}
