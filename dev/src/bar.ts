import { SingleBar } from "cli-progress";

/** A progress bar, which leaves a line every `everyMs` where there is no terminal. @param format as cli-progress has it. */
export const progressBar = (format: string, everyMs: number): SingleBar =>
  new SingleBar({
    format,
    barsize: 32,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: everyMs,
  });
