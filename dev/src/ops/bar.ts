/** The progress bar of the operator's commands. */
import { progressBar } from "../bar.ts";

export interface Bar extends Disposable {
  show(done: number, total: number, status: string): void;
}

export function barFor(name: string): Bar {
  const bar = progressBar(`  ${name}  {bar} {value}/{total} items  {status}`, 5000);
  bar.start(1, 0, { status: "" });
  return {
    show(done, total, status) {
      bar.setTotal(Math.max(1, total));
      bar.update(done, { status });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}
