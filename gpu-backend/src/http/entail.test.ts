/** `/internal/v1/entail` with the tiny OFA: it says yes to red, no to green and maybe to blue. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vectorFromBytes } from "@sightline/shared/vectors";
import { pino } from "pino";
import sharp from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createIntake, type Intake } from "../media/intake.ts";
import { loadRegistry } from "../models/registry.ts";
import { Replica } from "../replica.ts";
import { openEmbeddedStore } from "../retrieval/embedded-store.ts";
import { createServer } from "../server.ts";
import { registryOptions } from "../testing/registry-options.ts";
import { SECRET, signedClient } from "../testing/signed-client.ts";
import { unobserved } from "../testing/telemetry.ts";
import { writeTinyModel } from "../testing/tiny-model.ts";
import { writeTinyOfa } from "../testing/tiny-ofa-folder.ts";

const now = () => performance.now();
const log = pino({ level: "silent" });
const replica = new Replica();
const intake = createIntake({
  fetchImage: () => Promise.reject(new Error("nothing is fetched here")),
  decodeConcurrency: 2,
});
let decoded = 0;
const counted: Intake = (image, call, work) => {
  decoded++;
  return intake(image, call, work);
};
const server = createServer({
  config: { BACKEND_SECRET: SECRET },
  replica,
  intake: counted,
  ...unobserved(replica),
  log,
  now,
});
const call = signedClient((request) => server.fetch(request));
let dir: string;
let red: Uint8Array;
let green: Uint8Array;
let blue: Uint8Array;

const plain = (background: string) =>
  sharp({ create: { width: 50, height: 30, channels: 3, background } })
    .png()
    .toBuffer();

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "entail-"));
  await writeTinyOfa(join(dir, "models"), "tiny");
  await writeTinyModel(join(dir, "models"), "dual");
  replica.serve(
    await loadRegistry(registryOptions(join(dir, "models"))),
    await openEmbeddedStore({ dataDir: join(dir, "data"), log }),
  );
  [red, green, blue] = (await Promise.all(["#ff0000", "#00ff00", "#0000ff"].map(plain))) as [Buffer, Buffer, Buffer];
});
afterAll(async () => {
  await replica.registry?.close();
  await replica.store.close();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  decoded = 0;
});

const entail = (images: readonly Uint8Array[], pairs: readonly object[], model = "tiny") =>
  call("/internal/v1/entail", {
    model: { id: model, revision: "1" },
    lane: "interactive",
    images: images.map((bytes) => ({ kind: "image", bytes })),
    pairs,
  });
const scoresAt = (body: { results: { scores: Uint8Array }[] }, i: number) => [
  ...vectorFromBytes(body.results[i]?.scores ?? new Uint8Array()),
];

describe("pairs", () => {
  it("come back with probabilities of yes, no and maybe, in their order", async () => {
    const pairs = [2, 0, 1].map((image) => ({ image, hypothesis: "it is so" }));
    const { status, body } = await entail([red, green, blue], pairs);
    expect(status).toBe(200);
    const likeliest = [0, 1, 2].map((i) => scoresAt(body, i).indexOf(Math.max(...scoresAt(body, i))));
    expect(likeliest).toEqual([2, 0, 1]);
    for (const i of [0, 1, 2]) expect(scoresAt(body, i).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    expect(body.results[0]).toMatchObject({ status: "ok", truncated: false });
    expect(body.results[0].tokens).toBe(' does the image describe " it is so "?'.length + 2);
    expect(body.timings.inferenceMs).toBeGreaterThan(0);
  });

  it("of one picture have it decoded once", async () => {
    const { body } = await entail(
      [red],
      [
        { image: 0, hypothesis: "a" },
        { image: 0, hypothesis: "b", caption: "c" },
      ],
    );
    expect(body.results.map((r: { status: string }) => r.status)).toEqual(["ok", "ok"]);
    expect(scoresAt(body, 0)).not.toEqual(scoresAt(body, 1));
    expect(decoded).toBe(1);
  });

  it("fail alone: for their picture, their words, or too many of them", async () => {
    const broken = red.slice(0, 40);
    const { status, body } = await entail(
      [red, broken],
      [
        { image: 0, hypothesis: "fine" },
        { image: 1, hypothesis: "broken" },
        { image: 0, hypothesis: "?!" },
        { image: 0, hypothesis: "a", caption: "漢".repeat(200) },
        { image: 7, hypothesis: "nowhere" },
      ],
    );
    expect(status).toBe(200);
    expect(
      body.results.map((r: { error?: { code: string; param: string } }) => [r.error?.code, r.error?.param]),
    ).toEqual([
      [undefined, undefined],
      ["image_invalid", null],
      ["empty_input", "hypothesis"],
      ["text_too_long", "caption"],
      ["internal_error", null],
    ]);
  });

  it("whose words are refused cost no decoding", async () => {
    await entail([red], [{ image: 0, hypothesis: "漢".repeat(200) }]);
    expect(decoded).toBe(0);
  });
});

describe("a model of another family", () => {
  it("judges no pairs, nor embeds one that judges", async () => {
    const judged = await entail([red], [{ image: 0, hypothesis: "a" }], "dual");
    expect([judged.status, judged.body.error.code]).toEqual([400, "model_family_mismatch"]);
    const inputs = [{ kind: "text", text: "a" }];
    const embedded = await call("/internal/v1/embed", { model: { id: "tiny", revision: "1" }, lane: "bulk", inputs });
    expect([embedded.status, embedded.body.error.code]).toEqual([400, "model_family_mismatch"]);
  });
});

it("readiness tells of a model of each family", async () => {
  const response = await server.request("/readyz");
  expect(await response.json()).toMatchObject({
    components: {
      models: {
        status: "ok",
        loaded: [
          { id: "dual", image: {}, text: {} },
          { id: "tiny", pair: {} },
        ],
      },
    },
  });
});
