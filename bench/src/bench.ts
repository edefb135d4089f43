/** What every benchmark is told, and what it gives. */
import type { Finding } from "./report.ts";

export interface BenchOptions {
  readonly cores: number;
  /** How long one side of one round takes, about. */
  readonly seconds: number;
  readonly rounds: number;
  /** Tells a person what is going on. */
  readonly say: (line: string) => void;
}

/** Thrown where the machine lacks what a benchmark is about: said, but no failure. */
export class NotHere extends Error {}

/** @throws NotHere, or Error if it fails. */
export type Bench = (options: BenchOptions) => Promise<readonly Finding[]>;
