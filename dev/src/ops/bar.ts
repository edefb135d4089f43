/** A progress bar of the operator's commands, which leaves a line every few seconds where there is no terminal. */
import { SingleBar } from "cli-progress";

export interface Bar extends Disposable {
  show(done: number, total: number, status: string): void;
}

export function barFor(name: string): Bar {
  const bar = new SingleBar({
    format: `  ${name}  {bar} {value}/{total} items  {status}`,
    barsize: 32,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: true,
    notTTYSchedule: 5000,
  });
  bar.start(1, 0, { status: "" });
  return {
    show(done, total, status) {
      bar.setTotal(Math.max(1, total));
      bar.update(done, { status });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}
