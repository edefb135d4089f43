/** Asks the API for what a panel shows now: typing is waited out, a newer question cancels the older one. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { Answer } from "../api/client.ts";
import { ApiFailure } from "../api/failure.ts";
import type { Operation } from "../api/operations.ts";
import { useServices } from "../services.ts";
import { KeyNeeded } from "../session.ts";

/** Long enough to skip most letters of a word that is being typed, short enough to feel immediate. */
const TYPING_PAUSE_MS = 150;

interface Outcome<O extends Operation> {
  readonly keyVersion: number;
  readonly operation: O;
  readonly answer?: Answer<O["kind"]>;
  readonly failure?: unknown;
}

export interface Asked<O extends Operation> {
  readonly isAsking: boolean;
  /** The last answer; while a newer question is under way, still the older one. */
  readonly answer: Answer<O["kind"]> | undefined;
  /** What that answer is to. */
  readonly answered: O | undefined;
  readonly failure: unknown;
  readonly retry: () => void;
}

/** @param operation must be the same object for the same question; undefined when there is nothing to ask. */
export function useAnswer<O extends Operation>(operation: O | undefined): Asked<O> {
  const { api, keyVersion, askForKey } = useServices();
  const [outcome, setOutcome] = useState<Outcome<O>>();
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => {
    setOutcome(undefined);
    setAttempt((n) => n + 1);
  }, []);

  // Another key or another attempt asks the same again.
  useEffect(() => {
    if (!operation) {
      setOutcome(undefined);
      return;
    }
    const newer = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const answer = await api.ask(operation, newer.signal);
        setOutcome({ keyVersion, operation, answer });
      } catch (failure) {
        if (newer.signal.aborted) return;
        setOutcome({ keyVersion, operation, failure });
        if (failure instanceof KeyNeeded) askForKey(failure);
        // A fault of the page itself is for the console, too.
        else if (!(failure instanceof ApiFailure)) reportError(failure);
      }
    };
    const timer = setTimeout(() => void ask(), TYPING_PAUSE_MS);
    return () => {
      clearTimeout(timer);
      newer.abort();
    };
  }, [operation, attempt, keyVersion]);

  // Nothing that the former key could see stays on the page.
  const current = outcome?.keyVersion === keyVersion ? outcome : undefined;
  const isSettled = current?.operation === operation;
  return {
    isAsking: operation !== undefined && !isSettled,
    answer: operation && current?.answer,
    answered: current?.operation,
    failure: isSettled ? current?.failure : undefined,
    retry,
  };
}
