import { PLANS } from "@sightline/shared/limits";
import { bytesToBase64, softmax } from "@sightline/shared/vectors";
import { describe, expect, it } from "vitest";
import { call, expectError, post } from "../testing/client.ts";
import { png } from "../testing/images.ts";

interface Scored {
  readonly label: string;
  readonly score: number;
  readonly cosine: number;
}

describe("POST /v1/classify", () => {
  it("scores each label by softmax and sorts them", async () => {
    const { status, body } = await post("/v1/classify", { input: "a red apple", labels: ["car", "red apple", "moon"] });
    expect(status).toBe(200);
    const labels: Scored[] = body.data[0].labels;
    expect(labels[0]?.label).toBe("red apple");
    expect(labels.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6);
    expect(labels.map(({ score }) => score)).toEqual(labels.map(({ score }) => score).sort((a, b) => b - a));
  });

  it("takes several inputs, prompts of one's own and a template", async () => {
    const image = bytesToBase64(await png(255, 0, 0));
    const { body } = await post("/v1/classify", {
      input: [{ image }, "a fast car"],
      labels: [{ label: "vehicle", prompts: ["a car", "a fast car", "a truck"] }, "fruit"],
      template: "a picture of a {}",
    });
    expect(body.data.map((d: { index: number }) => d.index)).toEqual([0, 1]);
    expect(body.data[1].labels[0].label).toBe("vehicle");
  });

  it("embeds only the image when the labels are cached", async () => {
    const labels = [crypto.randomUUID(), crypto.randomUUID()];
    await post("/v1/classify", { input: "warm", labels });
    const { headers } = await post("/v1/classify", { input: crypto.randomUUID(), labels });
    expect(headers.get("sightline-cache")).toBe("partial");
  });

  it("takes one image as multipart, with labels as JSON", async () => {
    const form = new FormData();
    form.set("image", new Blob([await png(0, 255, 0)]));
    form.set("labels", JSON.stringify(["leaf", "fire"]));
    const { status, body } = await call("POST", "/v1/classify", { body: form });
    expect(status).toBe(200);
    expect(body.data[0].labels).toHaveLength(2);
  });

  it.each([
    ["no labels", { input: "a", labels: [] }, "empty_input", "labels"],
    ["too many labels", { input: "a", labels: Array(101).fill("x") }, "too_many_inputs", "labels"],
    [
      "too many prompts in all",
      { input: "a", labels: Array(11).fill({ label: "x", prompts: Array(100).fill("a") }) },
      "too_many_inputs",
      "labels",
    ],
    ["an empty label", { input: "a", labels: ["x", ""] }, "empty_input", "labels[1]"],
    ["no prompts", { input: "a", labels: [{ label: "x", prompts: [] }] }, "empty_input", "labels[0].prompts"],
    ["a template without a place", { input: "a", labels: ["x"], template: "a photo" }, "invalid_request", "template"],
    ["an unknown field", { input: "a", labels: ["x"], top: 3 }, "unknown_field", "top"],
  ])("refuses %s", async (_, json, code, param) => {
    expectError(await post("/v1/classify", json), 400, code, param);
  });

  it("refuses more inputs than the plan has", async () => {
    const json = { input: Array(PLANS.free.textsPerCall + 1).fill("a"), labels: ["x"] };
    expectError(await post("/v1/classify", json, { key: "frugal" }), 400, "too_many_inputs", "input");
  });
});

describe("POST /v1/rank", () => {
  it("sorts candidates with their original index, softmax and cosine", async () => {
    const { body } = await post("/v1/rank", { query: "red apple", candidates: ["car", "red apple", "moon"] });
    expect(body.results[0]).toMatchObject({ index: 1 });
    expect(body.results[0].cosine).toBeCloseTo(1, 5);
    const cosines = body.results.map((r: Scored) => r.cosine);
    expect(cosines).toEqual([...cosines].sort((a, b) => b - a));
    expect(body.results.reduce((sum: number, r: Scored) => sum + r.score, 0)).toBeCloseTo(1, 6);
  });

  it("keeps the softmax over all candidates when top_k cuts the list", async () => {
    const all = await post("/v1/rank", { query: "cat", candidates: ["cat", "dog", "car"] });
    const top = await post("/v1/rank", { query: "cat", candidates: ["cat", "dog", "car"], top_k: 1 });
    expect(top.body.results).toEqual(all.body.results.slice(0, 1));
  });

  it("ranks images against a text", async () => {
    const candidates = [{ image: bytesToBase64(await png(255, 0, 0)) }, { image: bytesToBase64(await png(0, 0, 255)) }];
    const { body } = await post("/v1/rank", { query: "blue square", candidates });
    expect(body.results.map((r: { index: number }) => r.index).sort()).toEqual([0, 1]);
  });

  it.each([
    ["no candidates", { query: "a", candidates: [] }, "empty_input", "candidates"],
    ["too many", { query: "a", candidates: Array(101).fill("x") }, "too_many_inputs", "candidates"],
    ["a bad candidate", { query: "a", candidates: ["x", { image: "%" }] }, "image_invalid", "candidates[1].image"],
    ["no query", { candidates: ["x"] }, "invalid_request", "query"],
  ])("refuses %s", async (_, json, code, param) => {
    expectError(await post("/v1/rank", json), 400, code, param);
  });

  it("refuses more pictures than the plan has", async () => {
    const image = bytesToBase64(await png(1, 2, 3));
    const candidates = Array(PLANS.free.imagesPerCall + 1).fill({ image });
    expectError(
      await post("/v1/rank", { query: "a", candidates }, { key: "frugal" }),
      400,
      "too_many_inputs",
      "candidates",
    );
  });
});

describe("softmax", () => {
  it("is stable for large logits", () => {
    expect(softmax([1, 0.9], 1000)[0]).toBeCloseTo(1);
  });
});
