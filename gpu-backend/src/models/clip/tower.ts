/** One tower of a dual encoder: a session, and the batcher in front of it. */
import { ApiError } from "@sightline/shared/errors";
import { normalise } from "@sightline/shared/vectors";
import { type BatchAnswer, type BatchCall, Batcher, type BatcherStats } from "../../inference/batcher.ts";
import { Session, type SessionDeps, type SessionStats } from "../../inference/session.ts";
import type { SessionSpec } from "../../inference/session-protocol.ts";
import type { Row } from "../../inference/worker-link.ts";

/** Bulk waits for a person, but not for longer than this without any progress. */
const BULK_PATIENCE_MS = 500;

/** A batch whose answer says something about the tower. */
export interface Probe {
  /** For the reason, should it fail: «one text», «64 texts of 77 tokens». */
  readonly what: string;
  readonly rows: readonly Row[];
}

/** What is opened: follows from the manifest and the engine's options. */
export interface TowerPlan {
  readonly spec: SessionSpec;
  /** What it has to answer before it is served. */
  readonly warmUp: readonly Probe[];
  readonly maxBatch: number;
}

export interface TowerOptions {
  readonly deps: SessionDeps;
  readonly maxQueue: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export type TowerStats = BatcherStats & SessionStats;

export interface Tower {
  /** @returns an L2-normalised vector. @throws as `Batcher.submit`; ApiError(internal_error) if it has no direction. */
  embed(row: Row, call: BatchCall): Promise<BatchAnswer<Float32Array>>;
  stats(): TowerStats;
  close(): Promise<void>;
}

/** @returns the vector, scaled in place to length 1. */
function unit(vector: Float32Array): Float32Array {
  const norm = normalise(vector);
  if (norm > 0 && Number.isFinite(norm)) return vector;
  throw new ApiError("internal_error", { cause: new Error(`the model gave a vector of norm ${norm}`) });
}

async function answer(session: Session, { what, rows }: Probe): Promise<void> {
  try {
    for (const vector of await session.run(rows)) unit(vector);
  } catch (error) {
    const cause = error instanceof ApiError && error.cause instanceof Error ? error.cause : error;
    throw new Error(`the warm-up with ${what} failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/**
 * Opens the session and sends the warm-up through it, so that the first caller does not pay for lazy initialisation and
 * a model that gives another shape, or no numbers, is found out before it is served.
 * @throws Error with the reason if the tower cannot be served.
 */
export async function openTower(
  { spec, warmUp, maxBatch }: TowerPlan,
  { deps, maxQueue, now }: TowerOptions,
): Promise<Tower> {
  const session = await Session.open(spec, deps);
  try {
    for (const probe of warmUp) await answer(session, probe);
  } catch (error) {
    await session.close();
    throw error;
  }
  const batcher = new Batcher<Row, Float32Array>({
    maxBatch,
    maxQueue,
    bulkPatienceMs: BULK_PATIENCE_MS,
    now,
    run: (rows) => session.run(rows),
  });
  return {
    async embed(row, call) {
      const answer = await batcher.submit(row, call);
      return { ...answer, output: unit(answer.output) };
    },
    stats: () => ({ ...batcher.stats(), ...session.stats() }),
    async close() {
      await batcher.drain();
      await session.close();
    },
  };
}
