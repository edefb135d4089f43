/** Why something did not work, in the API's own words, and what to do: each failure has one way to be shown. */

import { LIMITS } from "@sightline/shared/limits";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiFailure, LONGEST_WAIT_SECONDS } from "../api/failure.ts";
import type { Messages } from "../i18n/en.ts";
import { PictureRefused, toMegabytes } from "../picture.ts";
import { useServices } from "../services.ts";
import { KeyNeeded } from "../session.ts";

interface FailureNoticeProps {
  readonly failure: unknown;
  /** Left out where trying again would change nothing. */
  readonly retry?: (() => void) | undefined;
}

export function FailureNotice({ failure, retry }: FailureNoticeProps): JSX.Element | null {
  const { t } = useServices();
  if (failure === undefined) return null;
  const { title, message } = describe(failure, t);
  const requestId = failure instanceof ApiFailure ? failure.requestId : undefined;
  return (
    <div class="failure" role="alert" data-testid="error">
      <h2>{title}</h2>
      {message !== "" && <p>{message}</p>}
      {requestId !== undefined && <p class="failure-request">{t.failure.request(requestId)}</p>}
      {retry && !(failure instanceof PictureRefused) && <Retry failure={failure} retry={retry} />}
    </div>
  );
}

function Retry({ failure, retry }: { readonly failure: unknown; readonly retry: () => void }): JSX.Element {
  const { t } = useServices();
  const isOffline = failure instanceof ApiFailure && failure.status === undefined;
  const seconds = useCountdown(failure instanceof ApiFailure ? failure.retryAfterSeconds : undefined, retry);

  useEffect(() => {
    if (!isOffline) return;
    addEventListener("online", retry);
    return () => removeEventListener("online", retry);
  }, [isOffline, retry]);

  return (
    // A live region would read every second aloud.
    <button type="button" class="quiet" aria-live="off" data-testid="retry" onClick={retry}>
      {seconds === undefined ? t.failure.retry : t.failure.retryIn(seconds)}
    </button>
  );
}

/** @returns seconds until `done` is called; undefined if that is left to the person. */
function useCountdown(from: number | undefined, done: () => void): number | undefined {
  const isShort = from !== undefined && from <= LONGEST_WAIT_SECONDS;
  const [left, setLeft] = useState(isShort ? Math.max(1, from) : undefined);
  useEffect(() => {
    if (left === undefined) return;
    const timer = setTimeout(() => (left > 1 ? setLeft(left - 1) : done()), 1000);
    return () => clearTimeout(timer);
  }, [left, done]);
  return left;
}

interface Description {
  readonly title: string;
  readonly message: string;
}

function describe(failure: unknown, t: Messages): Description {
  if (failure instanceof KeyNeeded) {
    return { title: failure.message === "" ? t.key.needed : t.failure.key, message: failure.message };
  }
  if (failure instanceof PictureRefused) return { title: t.failure.picture, message: refusalText(failure, t) };
  if (failure instanceof ApiFailure) return { title: titleOf(failure, t), message: messageOf(failure, t) };
  return { title: t.failure.other, message: t.failure.page };
}

export function refusalText({ reason, fileName, megabytes }: PictureRefused, t: Messages): string {
  if (reason === "unreadable") return t.picture.unreadable(fileName);
  return t.picture.tooLarge(fileName, megabytes, toMegabytes(LIMITS.imageBytes));
}

function titleOf({ status, code }: ApiFailure, t: Messages): string {
  if (status === undefined) return t.failure.offline;
  if (status === 401) return t.failure.key;
  if (status === 429) return t.failure.limit;
  if (status === 404) return t.failure.missing;
  if (status >= 502) return t.failure.busy;
  return code?.startsWith("image_") ? t.failure.picture : t.failure.other;
}

function messageOf({ message, status }: ApiFailure, t: Messages): string {
  if (status === undefined) return t.failure.offlineHint;
  if (message !== "") return message;
  return status < 300 ? t.failure.unreadable : t.failure.status(status);
}
