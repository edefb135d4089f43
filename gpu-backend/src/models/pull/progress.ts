/** Shows how far a download is: a bar that is redrawn on a terminal, a line now and then in a log. */
import { formatBytes } from "./format.ts";

export interface Progress {
  begin(name: string, bytes: number): void;
  /** @param bytes that are there by now; fewer than before if it begins anew. */
  at(bytes: number): void;
  /** Something that a person should know while waiting. */
  note(text: string): void;
  end(): void;
  /** The file has not come: its bar is left as it stands. */
  abandon(): void;
}

/** As much of a stream as is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean | undefined;
  write(text: string): unknown;
}

const BAR = 24;
const REDRAW_MS = 100;
const LINE_MS = 10_000;

/** @param now monotonic milliseconds. */
export function showProgress(stream: ProgressStream, now: () => number): Progress {
  const terminal = stream.isTTY === true;
  let name = "";
  let total = 0;
  let bytes = 0;
  /** When and from where the rate is counted: what an earlier run fetched does not make this one fast. */
  let from: { readonly at: number; readonly bytes: number } | undefined;
  let shownAt = 0;

  const status = (): string => {
    const share = bytes / total;
    const seconds = from ? (now() - from.at) / 1000 : 0;
    const rate = from && seconds > 0 ? `, ${formatBytes(Math.round((bytes - from.bytes) / seconds))}/s` : "";
    const drawn = Math.round(share * BAR);
    const bar = terminal ? `${"█".repeat(drawn)}${"░".repeat(BAR - drawn)} ` : "";
    return `  ${name}  ${bar}${Math.floor(share * 100)} %, ${formatBytes(bytes)} of ${formatBytes(total)}${rate}`;
  };
  const show = (): void => {
    shownAt = now();
    stream.write(terminal ? `\r\u001B[K${status()}` : `${status()}\n`);
  };
  const endLine = (): void => {
    if (terminal) stream.write("\n");
  };

  return {
    begin(file, size) {
      name = file;
      total = size;
      bytes = 0;
      from = undefined;
      show();
    },
    at(size) {
      if (!from || size < bytes) from = { at: now(), bytes: size };
      bytes = size;
      if (now() - shownAt >= (terminal ? REDRAW_MS : LINE_MS)) show();
    },
    note(text) {
      stream.write(terminal ? `\r\u001B[K  ${text}\n` : `  ${text}\n`);
      if (terminal) show();
    },
    end() {
      bytes = total;
      show();
      endLine();
    },
    abandon: endLine,
  };
}
