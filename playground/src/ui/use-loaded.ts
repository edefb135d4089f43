/** What a panel shows without being asked: loaded when it comes to the front, anew with another key, again on demand. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { useServices } from "../services.ts";
import { KeyNeeded } from "../session.ts";

export interface Loaded<T> {
  /** undefined until it is known; the last one while it is loaded again. */
  readonly value: T | undefined;
  readonly failure: unknown;
  readonly retry: () => void;
}

interface LoadOptions<T> {
  /** What is loaded; of another thing nothing is shown. undefined: nothing is to be loaded. */
  readonly name: string | undefined;
  readonly isWanted: boolean;
  readonly load: (name: string, signal: AbortSignal) => Promise<T>;
}

interface Outcome<T> {
  readonly name: string;
  readonly keyVersion: number;
  readonly value?: T;
  readonly failure?: unknown;
}

export function useLoaded<T>({ name, isWanted, load }: LoadOptions<T>): Loaded<T> {
  const { keyVersion, askForKey } = useServices();
  const [outcome, setOutcome] = useState<Outcome<T>>();
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => {
    setOutcome(undefined);
    setAttempt((n) => n + 1);
  }, []);

  useEffect(() => {
    if (name === undefined || !isWanted) return;
    const unwanted = new AbortController();
    load(name, unwanted.signal).then(
      (value) => setOutcome({ name, keyVersion, value }),
      (failure: unknown) => {
        if (unwanted.signal.aborted) return;
        setOutcome({ name, keyVersion, failure });
        if (failure instanceof KeyNeeded) askForKey(failure);
      },
    );
    return () => unwanted.abort();
  }, [name, isWanted, keyVersion, attempt]);

  const current = outcome?.name === name && outcome?.keyVersion === keyVersion ? outcome : undefined;
  return { value: current?.value, failure: current?.failure, retry };
}
