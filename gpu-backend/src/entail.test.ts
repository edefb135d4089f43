import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelId, Revision, TenantId } from "@sightline/shared/ids";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createEntailer } from "./entail.ts";
import { loadRegistry, type Registry } from "./models/registry.ts";
import { registryOptions } from "./testing/registry-options.ts";
import { writeTinyOfa } from "./testing/tiny-ofa-folder.ts";

let modelsDir: string;
let registry: Registry;
beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "entailer-"));
  await writeTinyOfa(modelsDir, "tiny");
  registry = await loadRegistry(registryOptions(modelsDir));
});
afterAll(async () => {
  await registry.close();
  await rm(modelsDir, { recursive: true });
});

/** Refused for their words, so that no picture is asked for. */
const pairs = Array.from({ length: 5 }, () => ({ image: 0, hypothesis: "?!" }));

/** Asks about the pairs, by a clock on which each statement takes 10 ms. `told` after each. */
function entail(signal: AbortSignal, told: () => void) {
  let time = 0;
  const intake = () => Promise.reject(new Error("no picture is asked for"));
  const entailer = createEntailer({ intake, now: () => time });
  const claim = { tenant: TenantId.parse("acme"), lane: "bulk", deadlineAt: Number.MAX_VALUE, signal } as const;
  return registry.use("ofa", { id: ModelId.parse("tiny"), revision: Revision.parse("1") }, (model) => {
    const about: typeof model.about = (statement) => {
      time += 10;
      told();
      return model.about(statement);
    };
    return entailer({ ...model, about }, { images: [], pairs }, claim);
  });
}

it("lets others have their turn between the statements of one call", async () => {
  let understood = 0;
  const working = entail(new AbortController().signal, () => understood++);
  await new Promise(setImmediate);
  expect(understood).toBeLessThan(pairs.length);
  expect(await working).toEqual(pairs.map(() => expect.objectContaining({ code: "empty_input" })));
  expect(understood).toBe(pairs.length);
});

it("reads no more statements of a call that has ended", async () => {
  const call = new AbortController();
  let understood = 0;
  const working = entail(call.signal, () => {
    understood++;
    call.abort(new Error("the caller left"));
  });
  await expect(working).rejects.toThrow("the caller left");
  expect(understood).toBe(1);
});
