/** One graph at work: a session, and the batcher in front of it. */
import { ApiError } from "@sightline/shared/errors";
import { type BatchAnswer, type BatchCall, Batcher, type BatcherStats } from "../inference/batcher.ts";
import { Session, type SessionDeps, type SessionStats } from "../inference/session.ts";
import type { SessionSpec } from "../inference/session-protocol.ts";
import type { Row } from "../inference/worker-link.ts";
import { UNOBSERVED } from "../observer.ts";
import { BreakdownWatch } from "./breakdown.ts";

/** Bulk waits for a person, but not for longer than this without any progress. */
const BULK_PATIENCE_MS = 500;

/** A batch whose answer says something about the graph. */
export interface Probe {
  /** For the reason, should it fail: «one text», «64 texts of 77 tokens». */
  readonly what: string;
  readonly rows: readonly Row[];
}

/** What is opened: follows from the manifest and the engine's options. */
export interface EnginePlan {
  readonly spec: SessionSpec;
  /** What it has to answer before it is served. */
  readonly warmUp: readonly Probe[];
  readonly maxBatch: number;
  /** What the model's numbers for a row become. @throws Error if they mean nothing. */
  readonly finish: (output: Float32Array) => Float32Array;
  /** Rows of a batch that are better not run together; all of them are unless said. @returns each row once. */
  readonly parted?: (rows: readonly Row[]) => readonly (readonly Row[])[];
}

/** A graph that can do nothing any more, though its worker lives. Only a new process can help. */
export interface BrokenEngine {
  /** `modelRevisionKey`. */
  readonly model: string;
  readonly graph: string;
  readonly reason: unknown;
}

export interface EngineDeps extends SessionDeps {
  readonly onBroken?: ((engine: BrokenEngine) => void) | undefined;
}

export interface EngineParts {
  /** `modelRevisionKey`, for who watches. */
  readonly model: string;
  /** As `Model.stats` names it. */
  readonly graph: string;
  readonly deps: EngineDeps;
  readonly maxQueue: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export type EngineStats = BatcherStats & SessionStats;

export interface Engine {
  /** @throws as `Batcher.submit`; ApiError(internal_error) if the answer means nothing. */
  run(row: Row, call: BatchCall): Promise<BatchAnswer<Float32Array>>;
  stats(): EngineStats;
  close(): Promise<void>;
}

/**
 * Opens the session. Each of its workers is sent the warm-up first, so that no caller pays for lazy initialisation, and a
 * model that gives another shape, or no numbers, is found out before it is served.
 * @throws Error with the reason if the graph cannot be served.
 */
export async function openEngine(plan: EnginePlan, parts: EngineParts): Promise<Engine> {
  const { model, graph, deps, maxQueue, now } = parts;
  const { observer = UNOBSERVED } = deps;
  const { spec, warmUp, maxBatch, finish, parted } = plan;
  const session = await Session.open(spec, {
    ...deps,
    warmUp: async (run) => {
      for (const probe of warmUp) await answer(run, probe, finish);
    },
  });
  const probes = warmUp.slice(0, 1);
  const watch = new BreakdownWatch(
    async () => {
      for (const probe of probes) await answer((rows) => session.run(rows), probe, finish);
    },
    (reason) => deps.onBroken?.({ model, graph, reason }),
  );
  const batcher = new Batcher<Row, Float32Array>({
    maxBatch,
    maxQueue,
    bulkPatienceMs: BULK_PATIENCE_MS,
    now,
    run: (rows) => watch.run(() => (parted ? runParted(session, rows, parted(rows)) : session.run(rows))),
    observer: {
      batch: (entries) => observer.batch({ model, graph, provider: session.stats().provider.chosen, entries }),
      dropped: (reason) => observer.dropped(reason),
    },
  });
  return {
    async run(row, call) {
      const answer = await batcher.submit(row, call);
      try {
        return { ...answer, output: finish(answer.output) };
      } catch (cause) {
        throw new ApiError("internal_error", { cause });
      }
    },
    stats() {
      const { alive, ...stats } = session.stats();
      return { ...batcher.stats(), ...stats, alive: alive && !watch.isBroken };
    },
    async close() {
      await batcher.drain();
      await session.close();
    },
  };
}

async function runParted(
  session: Session,
  rows: readonly Row[],
  parts: readonly (readonly Row[])[],
): Promise<readonly Float32Array[]> {
  const outputs = new Map<Row, Float32Array>();
  for (const part of parts)
    for (const [i, output] of (await session.run(part)).entries()) outputs.set(part[i] as Row, output);
  return rows.map((row) => outputs.get(row) as Float32Array);
}

async function answer(run: Session["run"], { what, rows }: Probe, finish: EnginePlan["finish"]): Promise<void> {
  try {
    for (const output of await run(rows)) finish(output);
  } catch (error) {
    const cause = error instanceof ApiError && error.cause instanceof Error ? error.cause : error;
    throw new Error(`the warm-up with ${what} failed: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
