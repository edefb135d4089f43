/** A picture and a sentence about it: supported, contradicted or left open. */
import type { JSX } from "preact";
import { useId, useMemo } from "preact/hooks";
import type { OperationOf } from "../api/operations.ts";
import { CodeBlock } from "../code/code-block.tsx";
import type { PanelProps } from "../panel.ts";
import { useServices } from "../services.ts";
import { AnswerLine } from "../ui/answer-line.tsx";
import { Examples } from "../ui/examples.tsx";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { FileDrop } from "../ui/file-drop.tsx";
import { formatList, parseList } from "../ui/list-query.ts";
import { PanelHeading } from "../ui/panel-heading.tsx";
import { PictureField } from "../ui/picture-field.tsx";
import { useSamples } from "../ui/samples.tsx";
import { useAnswer } from "../ui/use-answer.ts";
import { usePicture } from "../ui/use-picture.ts";
import { Verdict } from "./verdict.tsx";

export function EntailPanel({ isActive, query, onQuery }: PanelProps): JSX.Element {
  const { t } = useServices();
  const samples = useSamples();
  const state = usePicture(samples[0]);
  const { picture, refused } = state;
  const id = useId();
  const { sentence } = useMemo(() => parseList(query, { sentence: t.entail.exampleSentence, texts: [] }), [query, t]);

  const operation = useMemo((): OperationOf<"entail"> | undefined => {
    const hypothesis = sentence.trim();
    if (!picture || hypothesis === "") return undefined;
    return { kind: "entail", body: { image: picture.encoded, hypothesis } };
  }, [picture, sentence]);
  const { answer, isAsking, failure, retry } = useAnswer(operation);

  return (
    <>
      <PanelHeading heading={t.entail.heading} lead={t.entail.lead} />
      <div class="two-columns">
        <PictureField state={state} samples={samples} />
        <div>
          <label class="field-label" for={id}>
            {t.entail.sentence}
          </label>
          <div class="field">
            <input
              id={id}
              type="text"
              value={sentence}
              data-testid="sentence"
              onInput={({ currentTarget }) => onQuery(formatList({ sentence: currentTarget.value }))}
            />
          </div>
          <Examples
            label={t.entail.examplesLabel}
            texts={t.entail.examples}
            onChoose={(text) => onQuery(formatList({ sentence: text }))}
          />
          {answer && <Verdict judgement={answer.body} isStale={isAsking} />}
          <AnswerLine answer={answer} summary={operation || refused ? undefined : t.entail.need} />
          <FailureNotice failure={refused ?? failure} retry={retry} />
        </div>
      </div>
      {operation && <CodeBlock name="entail" operation={operation} pictures={picture ? [picture] : []} />}
      <FileDrop isActive={isActive} onFiles={({ files }) => state.take(files[0])} />
    </>
  );
}
