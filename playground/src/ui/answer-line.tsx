/** One quiet line under a panel's controls: what was found, how long it took, where it came from. */
import type { JSX } from "preact";
import type { Answer } from "../api/client.ts";
import type { Kind } from "../api/operations.ts";
import { useServices } from "../services.ts";

interface AnswerLineProps {
  readonly answer: Pick<Answer<Kind>, "elapsedMs" | "cache"> | undefined;
  /** In front of time and cache. */
  readonly summary?: string | undefined;
}

export function AnswerLine({ answer, summary }: AnswerLineProps): JSX.Element {
  const { t } = useServices();
  const parts = [
    summary,
    answer && t.answer.time(answer.elapsedMs),
    answer?.cache && t.answer.cache[answer.cache],
  ].filter((part) => part !== undefined);
  return (
    <p class="answer-line" role="status" data-testid="status" data-cache={answer?.cache}>
      {parts.join(" · ")}
    </p>
  );
}
