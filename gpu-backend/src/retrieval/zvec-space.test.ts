import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { ItemId } from "@sightline/shared/ids";
import { PointId } from "@sightline/shared/store/point-id";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Row } from "./rows.ts";
import { WRITE_CHUNK, ZvecSpace } from "./zvec-space.ts";

const DIMS = 64;
const ROWS = 30_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "zvec-space-"));
});
afterEach(() => rm(folder, { recursive: true }));

function row(n: number): Row {
  const hex = n.toString(16).padStart(8, "0");
  return {
    key: PointId.parse(`${hex}-0000-5000-8000-0000${hex}`),
    scope: "acme/shop",
    vector: new Float32Array(DIMS).fill(DIMS ** -0.5),
    item: ItemId.parse(`i${n}`),
    modality: "text",
    metadata: "{}",
  };
}

it("is read whole while it is written, with every row that was acknowledged before", async () => {
  const space = ZvecSpace.create(join(folder, "m@1"), DIMS);
  let written = 0;
  let reading = true;
  const writer = async () => {
    while (reading) {
      space.write(Array.from({ length: WRITE_CHUNK }, () => row(written++)));
      await turn();
    }
  };
  const reader = async () => {
    // zvec itself fails one such reading in thirty.
    while (written < ROWS) {
      const before = written;
      expect((await space.everyRow()).length).toBeGreaterThanOrEqual(before);
    }
    reading = false;
  };
  await Promise.all([writer(), reader()]);
  space.close();
}, 60_000);
