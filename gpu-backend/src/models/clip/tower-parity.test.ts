/** A full-size ViT-B/32 in a session of ours gives the vectors that torch and open_clip give. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { Session, spawnSessionWorker } from "../../inference/session.ts";
import type { Row } from "../../inference/worker-link.ts";
import { describeVitB32, picture, type Tower, writeVitB32 } from "../../testing/vit-b-32.ts";
import type { Variant } from "../manifest.ts";

/** Least cosine to torch. Measured at the worst picture or text: fp32 0.9999998, fp16 0.9999986, int8 0.99989. */
const LEAST = { fp32: 0.99999, fp16: 0.9999, int8: 0.999 } as const satisfies Record<Variant, number>;
/** What may lie between a row alone and the same row among others: the last bits of each component. */
const NOISE = { fp32: 1e-6, fp16: 1e-5, int8: 1e-5 } as const satisfies Record<Variant, number>;

let rows: Record<Tower, readonly Row[]>;
/** The vectors of `rows`. */
let torch: Record<Tower, readonly Float32Array[]>;

beforeAll(async () => {
  const { tokens, image, text } = await describeVitB32();
  const pictures = image.map((_, k) => picture(k));
  rows = { image: pictures, "image-bytes": pictures, text: tokens.map((ids) => Int32Array.from(ids)) };
  torch = { image, "image-bytes": image, text };
});

const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Opens the tower, lets `use` work with it, and leaves nothing behind. */
async function withTower(tower: Tower, variant: Variant, use: (session: Session) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), "vit-b-32-"));
  try {
    const log = { info: () => {}, warn: () => {} };
    const spec = await writeVitB32(folder, tower, variant);
    const session = await Session.open(spec, { log, sleep: setTimeout, spawn: spawnSessionWorker });
    await use(session);
    await session.close();
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("the reference vectors", () => {
  it.each(["image", "text"] as const)("differ clearly from one %s to the next", (tower) => {
    for (const [i, a] of torch[tower].entries()) {
      expect(cosine(a, a)).toBeCloseTo(1, 5);
      for (const b of torch[tower].slice(i + 1)) expect(cosine(a, b)).toBeLessThan(0.97);
    }
  });
});

describe.each(["image", "image-bytes", "text"] as const)("the %s tower of a ViT-B/32", (tower) => {
  it.each(["fp32", "fp16", "int8"] as const)(
    "gives torch's vectors, whatever else is in the batch (%s)",
    async (variant) => {
      await withTower(tower, variant, async (session) => {
        // In texts of one batch, all but the longest are padded; alone, none is.
        const together = await session.run(rows[tower]);
        const cosines = together.map((vector, i) => cosine(vector, torch[tower][i]!));
        console.log(`${tower} ${variant}: least cosine to torch ${Math.min(...cosines).toFixed(7)}`);
        expect(Math.min(...cosines)).toBeGreaterThanOrEqual(LEAST[variant]);

        // Some of them: each run of one row costs as much as two or three rows in a batch.
        for (const i of [0, 3, 6]) {
          const [alone] = await session.run([rows[tower][i]!]);
          const difference = Math.max(...alone!.map((value, d) => Math.abs(value - together[i]![d]!)));
          expect(difference).toBeLessThan(NOISE[variant]);
        }
      });
    },
    120_000,
  );
});
