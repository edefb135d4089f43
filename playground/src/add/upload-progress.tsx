/** How far an upload is, what was refused, and what can be done about it. */
import type { JSX } from "preact";
import { useServices } from "../services.ts";
import { FailureNotice, refusalText } from "../ui/failure-notice.tsx";
import type { UploadState } from "./use-upload.ts";

interface UploadProgressProps {
  readonly state: UploadState;
  readonly onResume: () => void;
}

export function UploadProgress({ state, onResume }: UploadProgressProps): JSX.Element {
  const { t } = useServices();
  const { phase, progress, seconds, failure } = state;
  const { total, stored, kept, refused } = progress;
  const words = phase === "waiting" ? t.add.state.waiting(seconds) : t.add.state[phase];
  return (
    <div class="upload" data-testid="upload" data-phase={phase}>
      <progress max={total} value={stored + kept + refused.length} aria-label={t.add.progress} />
      <p role="status" data-testid="upload-status">
        <strong>{words}</strong> {phase !== "checking" && <span>{t.add.done(stored, kept, refused.length)}</span>}
      </p>
      {phase === "stopped" && <FailureNotice failure={failure} retry={onResume} />}
      {refused.length > 0 && (
        <section class="refusals" aria-label={t.add.failures}>
          <h2>{t.add.failures}</h2>
          <ul>
            {refused.map(({ id, cause }) => (
              <li key={id} data-testid="refusal">
                <strong>{id}</strong> {typeof cause === "string" ? cause : refusalText(cause, t)}
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
