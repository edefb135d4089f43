/** A judgement in words, and its three probabilities as bars. */
import type { Judgement } from "@sightline/shared/api/entailment";
import type { JSX } from "preact";
import { useServices } from "../services.ts";
import { Bar, percent } from "../ui/bar.tsx";

interface VerdictProps {
  readonly judgement: Judgement;
  /** A newer question is under way. */
  readonly isStale: boolean;
}

export function Verdict({ judgement, isStale }: VerdictProps): JSX.Element {
  const { t } = useServices();
  const { label, confidence, scores } = judgement;
  return (
    <div class="verdict" data-testid="verdict" data-label={label} data-stale={isStale}>
      <p class="verdict-words" role="status">
        {t.entail.verdicts[label]} <span class="note">{t.entail.percent(percent(confidence))}</span>
      </p>
      <dl aria-label={t.entail.scores}>
        {(["yes", "no", "maybe"] as const).map((answer) => (
          <div key={answer} class="verdict-row">
            <dt>{t.entail.answers[answer]}</dt>
            <dd>
              <Bar share={scores[answer]} isBest={answer === label} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
