/** An upload as a panel sees it: begun, paused, gone on with, cancelled. */
import { useEffect, useRef, useState } from "preact/hooks";
import { readPicture } from "../picture.ts";
import { useServices } from "../services.ts";
import { KeyNeeded } from "../session.ts";
import { markOf, type PictureFile } from "./files.ts";
import { type Progress, upload } from "./upload.ts";

type Phase = "checking" | "running" | "waiting" | "paused" | "done" | "cancelled" | "stopped";

const UNDER_WAY: readonly Phase[] = ["checking", "running", "waiting"];

export const isUnderWay = ({ phase }: UploadState): boolean => UNDER_WAY.includes(phase);

export interface UploadState {
  /** Where the pictures go. */
  readonly collection: string;
  readonly phase: Phase;
  readonly progress: Progress;
  /** Of the wait. */
  readonly seconds: number;
  /** What stopped it. */
  readonly failure: unknown;
}

export interface Upload {
  /** undefined before the first start, and after `clear`. */
  readonly state: UploadState | undefined;
  /** What this page has found stored in the collection: the files' marks by id. */
  readonly storedIn: (collection: string) => ReadonlyMap<string, string>;
  /** Begins, or goes on: what is stored is passed by. */
  readonly start: (collection: string, files: readonly PictureFile[]) => void;
  readonly pause: () => void;
  readonly cancel: () => void;
  readonly clear: () => void;
}

export function useUpload(): Upload {
  const { api, keyVersion, keySignal, askForKey } = useServices();
  const [state, setState] = useState<UploadState>();
  const running = useRef<AbortController>();
  const stored = useRef(new Map<string, Map<string, string>>());

  const change = (part: Partial<UploadState>): void => setState((before) => before && { ...before, ...part });

  // It was stopped by the signal already; what the former key has stored is not the next one's to go on from.
  useEffect(() => {
    stored.current.clear();
    setState((before) => (before && isUnderWay(before) ? { ...before, phase: "cancelled" } : before));
  }, [keyVersion]);

  async function run(collection: string, files: readonly PictureFile[], signal: AbortSignal): Promise<void> {
    const end = (part: Partial<UploadState>): void => {
      if (!signal.aborted) change(part);
    };
    const marks = stored.current.get(collection) ?? new Map<string, string>();
    stored.current.set(collection, marks);
    try {
      await upload({
        api,
        collection,
        files,
        read: readPicture,
        sleep,
        signal,
        onStored: ({ id, file }) => marks.set(id, markOf(file)),
        onEvent(event) {
          if (event.kind === "progress") end({ phase: "running", progress: event.progress });
          else if (event.kind === "waiting") end({ phase: "waiting", seconds: event.seconds });
          else end({ phase: "checking" });
        },
      });
      end({ phase: "done" });
    } catch (failure) {
      end({ phase: "stopped", failure });
      if (failure instanceof KeyNeeded && !signal.aborted) askForKey(failure);
    }
  }

  /** Ends the calls under way: what they have stored is found when the upload goes on. */
  function halt(phase: Phase): void {
    running.current?.abort();
    change({ phase });
  }

  return {
    state,
    storedIn: (collection) => stored.current.get(collection) ?? new Map(),
    start(collection, files) {
      running.current?.abort();
      running.current = new AbortController();
      const progress = { total: files.length, stored: 0, kept: 0, refused: [] };
      setState({ collection, phase: "checking", progress, seconds: 0, failure: undefined });
      void run(collection, files, AbortSignal.any([running.current.signal, keySignal]));
    },
    pause: () => halt("paused"),
    cancel: () => halt("cancelled"),
    clear() {
      running.current?.abort();
      setState(undefined);
    },
  };
}

function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
