/** Texts by how well they fit a picture or other words. */
import type { JSX } from "preact";
import { useId, useMemo } from "preact/hooks";
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
import { PictureButton } from "../ui/picture-button.tsx";
import { PictureChip } from "../ui/picture-chip.tsx";
import { SampleChoice, useSamples } from "../ui/samples.tsx";
import { TextRows } from "../ui/text-rows.tsx";
import { useAnswer } from "../ui/use-answer.ts";
import { usePicture } from "../ui/use-picture.ts";

export function RankPanel({ isActive, query, onQuery }: PanelProps): JSX.Element {
  const { t } = useServices();
  const samples = useSamples();
  const { picture, refused, take, show } = usePicture();
  const id = useId();
  const { sentence, texts } = useMemo(
    () => parseList(query, { sentence: t.rank.exampleQuery, texts: t.rank.examples }),
    [query, t],
  );

  const operation = useMemo((): OperationOf<"rank"> | undefined => {
    const asked = picture ? { image: picture.encoded } : sentence.trim();
    const candidates = texts.filter((text) => text.trim() !== "");
    if (asked === "" || candidates.length === 0) return undefined;
    return { kind: "rank", body: { query: asked, candidates } };
  }, [picture, sentence, texts]);
  const { answer, answered, failure, retry } = useAnswer(operation);

  const asked = answered?.body.candidates ?? [];
  const ranks = new Map(answer?.body.results.map(({ index, score }, n) => [asked[index], { place: n + 1, score }]));
  const best = answer?.body.results[0];
  const bestText = best && asked[best.index];
  const summary = typeof bestText === "string" ? t.answer.best(bestText, percent(best?.score ?? 0)) : undefined;
  return (
    <>
      <PanelHeading heading={t.rank.heading} lead={t.rank.lead} />
      <div class="column">
        <label class="field-label" for={id}>
          {t.rank.query}
        </label>
        <div class="field">
          {picture ? (
            <PictureChip picture={picture} onRemove={() => show(undefined)} />
          ) : (
            <input
              id={id}
              type="text"
              value={sentence}
              placeholder={t.rank.queryPlaceholder}
              data-testid="rank-query"
              onInput={({ currentTarget }) => onQuery(formatList({ sentence: currentTarget.value, texts }))}
            />
          )}
          <PictureButton onFile={take} />
        </div>
        <SampleChoice samples={samples} onChoose={show} />
        <TextRows
          legend={t.rank.texts}
          labelAt={t.rank.textAt}
          addLabel={t.rank.add}
          texts={texts}
          onChange={(changed) => onQuery(formatList({ sentence, texts: changed }))}
          after={(at) => {
            const rank = ranks.get(texts[at] ?? "");
            return (
              <>
                <span class="rank">{rank && `${rank.place}.`}</span>
                <Bar share={rank?.score} isBest={rank?.place === 1} />
              </>
            );
          }}
        />
        <AnswerLine answer={answer} summary={operation || refused ? summary : t.rank.needQuery} />
        <FailureNotice failure={refused ?? failure} retry={retry} />
      </div>
      {operation && <CodeBlock name="rank" operation={operation} pictures={picture ? [picture] : []} />}
      <FileDrop isActive={isActive} onFiles={({ files }) => take(files[0])} />
    </>
  );
}
