/** How far an upload is, what was refused, and what can be done about it. */
import type { JSX } from "preact";
import { useServices } from "../services.ts";
import { FailureNotice, refusalText } from "../ui/failure-notice.tsx";
import { Refusals } from "./refusals.tsx";
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
      <Refusals
        heading={t.add.failures}
        refused={refused.map(({ id, cause }) => ({
          id,
          reason: typeof cause === "string" ? cause : refusalText(cause, t),
        }))}
      />
    </div>
  );
}
