/** A tower of a full-size CLIP ViT-B/32 as models/export writes it, in any precision, with generated weights. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { temporaryFolder } from "./leftovers.ts";
import { ROOT } from "./paths.ts";

export const VARIANTS = ["fp32", "fp16", "int8"] as const;
export type Variant = (typeof VARIANTS)[number];
/** `image-bytes`: bytes go in, and the graph normalises them. */
export const TOWERS = ["image", "image-bytes", "text"] as const;
export type TowerName = (typeof TOWERS)[number];

export const IMAGE_SIZE = 224;
/** Ids of a caption of about a dozen words. */
export const TEXT_TOKENS = 16;
/** What the bare runtime is given for a row of each. */
export const LOOP_FEEDS = {
  image: { size: IMAGE_SIZE },
  "image-bytes": { size: IMAGE_SIZE, bytes: true },
  text: { tokens: TEXT_TOKENS },
} as const satisfies Record<TowerName, object>;

/** What a session of the service is opened with. The service is no library: its modules are loaded by their place. */
export interface SessionSpec {
  readonly file: string;
  readonly input: string;
  readonly output: string;
  readonly dims: number;
  readonly providers: readonly string[];
  readonly threads: number;
}

/** The part of the service's session that is measured. */
export interface ServiceSession {
  run(rows: readonly (Uint8Array | Int32Array)[]): Promise<unknown>;
  close(): Promise<void>;
}

const load = (module: string) => import(pathToFileURL(join(ROOT, "gpu-backend/src", module)).href);

/** Writes the tower (100 to 350 MB), lets `use` work with it, and leaves nothing behind. */
export async function withTower<T>(
  tower: TowerName,
  variant: Variant,
  use: (spec: SessionSpec) => Promise<T>,
): Promise<T> {
  const { writeVitB32 } = (await load("testing/vit-b-32.ts")) as {
    writeVitB32(folder: string, tower: TowerName, variant: Variant): Promise<SessionSpec>;
  };
  using folder = await temporaryFolder();
  return await use(await writeVitB32(folder.path, tower, variant));
}

/** The service's session: a worker thread of its own, rows in, vectors out. */
export async function openServiceSession(spec: SessionSpec): Promise<ServiceSession> {
  const { Session, spawnSessionWorker } = (await load("inference/session.ts")) as {
    Session: { open(spec: SessionSpec, deps: object): Promise<ServiceSession> };
    spawnSessionWorker: unknown;
  };
  const log = { info: () => undefined, warn: () => undefined };
  return Session.open(spec, { log, sleep: () => Promise.resolve(), spawn: spawnSessionWorker });
}
