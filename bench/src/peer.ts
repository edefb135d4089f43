/** What one gets with the usual means: our images per second over those of a Hono server around transformers.js. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { dot } from "@sightline/shared/vectors";
import { z } from "zod";
import { startBackend } from "./backend.ts";
import type { BenchOptions } from "./bench.ts";
import { startChild } from "./child.ts";
import { makeJpegs } from "./jpegs.ts";
import { CALLERS, compare, drive, pictureCount } from "./load.ts";
import { PEER } from "./paths.ts";
import type { Finding } from "./report.ts";
import { type VitModel, vitModel } from "./vit.ts";

const Ready = z.object({ port: z.number(), transformers: z.string(), onnxruntime: z.string() });
const Embeddings = z.object({ embeddings: z.tuple([z.array(z.number())]) });

/** Two right implementations of CLIP's pre-processing differ by rounding; another model or crop falls far below. */
const SAME_COSINE = 0.99;
const ATTEMPTS = 5;

export async function benchPeer(options: BenchOptions): Promise<readonly Finding[]> {
  const { cores, seconds, rounds } = options;
  const model = await vitModel(options);
  const jpegs = await makeJpegs();
  await installPeer(options);
  await using backend = await startBackend(model, cores);
  await using peer = await startPeer(model, cores);

  const cosine = await sameAnswers(jpegs[0], backend.embed, peer.embed);
  await drive(jpegs, CALLERS, backend.embed);
  const count = pictureCount(await drive(jpegs, CALLERS, peer.embed), seconds);
  const { value, against, ratio } = await compare(
    options,
    () => drive(jpegs, count, peer.embed),
    () => drive(jpegs, count, backend.embed),
  );
  return [
    {
      what: "served",
      unit: "images/s",
      value,
      against: { kind: "peer", what: `Hono around transformers.js ${peer.transformers}`, value: against },
      ratio,
      goal: 2,
      notes: [
        `the same model file, ${cores} threads each; ${rounds} rounds of ${count} JPEGs of 400 × 300, ${CALLERS} callers, one image a call`,
        `the peer runs onnxruntime ${peer.onnxruntime}; cosine of both answers to one picture ${cosine.toFixed(4)}`,
        `calls whose connection the peer dropped and that were made again: ${peer.dropped()}`,
      ],
    },
  ];
}

/** The peer is a package of its own: nobody who does not measure it downloads its 0.5 GB. */
async function installPeer({ say }: Pick<BenchOptions, "say">): Promise<void> {
  // Fails if a dependency is missing or has another version than is pinned.
  if ((await npm("ls", "ignore")) === 0) return;
  say("installing the peer (once)…");
  const code = await npm("ci", 2);
  if (code !== 0)
    throw new Error(
      `the peer could not be installed (npm ci gave ${code}); it needs a package registry: run "npm ci" in bench/peers/transformers-js where there is one`,
    );
}

/** @returns the exit code. */
async function npm(command: "ls" | "ci", output: "ignore" | 2): Promise<number | null> {
  // `--prefix`: inside `npm run`, npm might take the outer package for the current one.
  const child = spawn("npm", [command, "--prefix", PEER, "--loglevel=error"], {
    cwd: PEER,
    stdio: ["ignore", output, output],
  });
  const [code] = await once(child, "exit");
  return code;
}

async function startPeer({ id, modelsDir }: VitModel, threads: number) {
  const environment = { MODEL: id, MODELS_DIR: modelsDir, THREADS: String(threads) };
  const child = await startChild(join(PEER, "server.js"), PEER, environment, Ready);
  const { port, ...versions } = child.ready;
  let dropped = 0;
  /**
   * Asks again when the connection was closed instead of answered, and counts it. The peer's only thread runs all
   * inferences that wait in one turn of its event loop; after one that is longer than Node's keep-alive timeout
   * the timers come first, and may close connections whose next request has come but was not read yet.
   */
  const embedAnyway = async (jpeg: Uint8Array): Promise<Float32Array> => {
    for (let attempt = 1; ; attempt++)
      try {
        return await embed(port, jpeg);
      } catch (error) {
        if (!isConnectionLost(error) || attempt === ATTEMPTS) throw error;
        dropped++;
      }
  };
  return {
    ...versions,
    embed: embedAnyway,
    dropped: () => dropped,
    [Symbol.asyncDispose]: child[Symbol.asyncDispose],
  };
}

const isConnectionLost = (error: unknown): boolean =>
  error instanceof TypeError &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  (error.cause.code === "ECONNRESET" || error.cause.code === "UND_ERR_SOCKET");

/** @returns the vector, L2-normalised. */
async function embed(port: number, jpeg: Uint8Array): Promise<Float32Array> {
  const form = new FormData();
  form.append("images", new Blob([jpeg as Uint8Array<ArrayBuffer>], { type: "image/jpeg" }), "picture.jpg");
  const response = await fetch(`http://127.0.0.1:${port}/embed`, { method: "POST", body: form });
  if (!response.ok) throw new Error(`the peer answered ${response.status}: ${await response.text()}`);
  const { embeddings } = Embeddings.parse(await response.json());
  return Float32Array.from(embeddings[0]);
}

/** @throws Error if the two do not compute the same thing: then their speeds do not compare. */
async function sameAnswers(
  jpeg: Uint8Array | undefined,
  ours: (jpeg: Uint8Array) => Promise<{ readonly vector: Float32Array }>,
  theirs: (jpeg: Uint8Array) => Promise<Float32Array>,
): Promise<number> {
  if (!jpeg) throw new RangeError("there is no picture to compare");
  const cosine = dot((await ours(jpeg)).vector, await theirs(jpeg));
  if (cosine < SAME_COSINE) throw new Error(`the peer gives another vector (cosine ${cosine.toFixed(4)})`);
  return cosine;
}
