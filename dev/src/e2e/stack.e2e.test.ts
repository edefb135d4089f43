import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { loadEmojiSamples, renderEmoji } from "../emoji.ts";
import { freePort } from "../testing/ports.ts";
import { commandOf, descendants, survivors } from "../testing/processes.ts";
import { run, type Stack, startStack } from "../testing/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack(inject("stackDir"));
});
afterAll(async () => {
  if (stack.process.exitCode === null && stack.process.signalCode === null) await stack.end("SIGTERM");
});

async function search(query: unknown, topK = 5): Promise<{ id: string; score: number; metadata: { name: string } }[]> {
  const response = await fetch(`${stack.url}/v1/collections/emoji/search`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ query, top_k: topK }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { results: [] }).results;
}

describe("npm start", () => {
  it("prints the address, the key and three curl lines that work", async () => {
    const output = stack.output();
    expect(output).toContain(stack.url);
    expect(output).toContain(stack.apiKey);
    const calls = [...output.matchAll(/curl -s (\S+) .* -d '(.*)'/g)];
    expect(calls).toHaveLength(3);
    for (const [, url = "", body = ""] of calls) {
      const headers = { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" };
      expect((await fetch(url, { method: "POST", headers, body })).status, url).toBe(200);
    }
  });

  it("keeps its secrets from other users", () => {
    for (const file of ["dev.json", "parts.json", "secrets.json"])
      expect(statSync(join(stack.dir, file)).mode & 0o077, file).toBe(0);
  });

  it("has indexed the emoji under their code points, with metadata and pictures", async () => {
    const headers = { authorization: `Bearer ${stack.apiKey}` };
    const item = await (await fetch(`${stack.url}/v1/collections/emoji/items/1f34e`, { headers })).json();
    expect(item).toMatchObject({
      id: "1f34e",
      modality: "image",
      metadata: { name: "red apple", group: "food-drink", style: "fluent-emoji-flat" },
    });
    const picture = await fetch(`${stack.url}/v1/collections/emoji/items/1f34e/image`, { headers });
    expect(picture.headers.get("content-type")).toBe("image/webp");
  });

  it("finds nearly every picture by its name among the first five", async () => {
    const asked = (await loadEmojiSamples()).filter((_, n) => n % 40 === 0);
    const found = await Promise.all(
      asked.map(async ({ id, metadata }) => (await search(metadata.name)).some((result) => result.id === id)),
    );
    expect(found.filter(Boolean).length / asked.length).toBeGreaterThan(0.9);
  });

  it("finds a picture by itself, and others by a stored item", async () => {
    const apple = (await loadEmojiSamples()).find(({ id }) => id === "1f34e");
    const image = Buffer.from(await renderEmoji(apple!)).toString("base64");
    const [first] = await search({ image });
    expect(first).toMatchObject({ id: "1f34e" });
    expect(first!.score).toBeGreaterThan(0.99);
    const similar = await search({ id: "1f34e" });
    expect(similar).toHaveLength(5);
    expect(similar.map((r) => r.id)).not.toContain("1f34e");
  });

  it("serves the page with a strict policy, and the reference", async () => {
    const page = await fetch(stack.url);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect((await fetch(`${stack.url}/docs`)).status).toBe(200);
  });

  it("says plainly when another stack has the folder", async () => {
    const second = run({ PORT: String(await freePort()), SIGHTLINE_DIR: stack.dir });
    await new Promise((resolve) => second.process.once("exit", resolve));
    expect(second.process.exitCode).toBe(1);
    expect(second.output()).toContain(join(stack.dir, "vectors"));
    expect(readdirSync(stack.dir)).toContain("dev.json");
  });

  it("says plainly when the port is taken", async () => {
    const second = run({ PORT: String(stack.port), SIGHTLINE_DIR: join(stack.dir, "second") });
    await new Promise((resolve) => second.process.once("exit", resolve));
    expect(second.process.exitCode).toBe(1);
    expect(second.output()).toContain(`port ${stack.port} is in use`);
    expect(second.output()).toContain("PORT=");
  });
});

describe("the unmodified openai client", () => {
  const client = (apiKey = stack.apiKey) => new OpenAI({ baseURL: `${stack.url}/v1`, apiKey, maxRetries: 0 });

  it("embeds one and many texts, as floats and as base64", async () => {
    const one = await client().embeddings.create({
      model: "emoji-dual",
      input: "a red apple",
      encoding_format: "float",
    });
    const many = await client().embeddings.create({ model: "emoji-dual", input: ["a red apple", "a train"] });
    const base64 = await client().embeddings.create({
      model: "emoji-dual",
      input: "a red apple",
      encoding_format: "base64",
    });
    expect(many.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(many.data[0]?.embedding).toEqual(one.data[0]?.embedding);
    const bytes = Buffer.from(base64.data[0]?.embedding as unknown as string, "base64");
    expect(Array.from(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4))).toEqual(
      one.data[0]?.embedding,
    );
    expect(one.usage.prompt_tokens).toBeGreaterThan(0);
  });

  it("lists the models", async () => {
    const models = await client().models.list();
    expect(models.data.map(({ id }) => id)).toContain("emoji-dual");
  });

  it("raises its own classes of errors", async () => {
    const create = (c: OpenAI, model: string, input: string) => c.embeddings.create({ model, input });
    await expect(create(client("sl_wrong"), "emoji-dual", "a")).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
    await expect(create(client(), "emoji-dual", "")).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(create(client(), "no-such-model", "a")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(create(client(), "no-such-model", "a")).rejects.toMatchObject({
      code: "model_not_found",
      param: "model",
    });
  });
});

describe("stopping and starting again", () => {
  it("ends on Ctrl-C, leaves no process behind, and keeps key and index", async () => {
    const before = await search("red apple");
    expect(await stack.end("SIGINT")).toEqual([]);
    expect(readdirSync(stack.dir)).not.toContain("dev.json");

    const { apiKey } = stack;
    stack = await startStack(stack.dir);
    expect(stack.apiKey).toBe(apiKey);
    expect(stack.output()).not.toContain("pictures indexed");
    expect(await search("red apple")).toEqual(before);
  });

  it("brings the backend up again when it is killed, and answers what it knows meanwhile", async () => {
    const known = await search("guitar");
    const backend = descendants(stack.process.pid ?? 0).find((pid) =>
      commandOf(pid).includes("gpu-backend/src/main.ts"),
    );
    process.kill(backend ?? 0, "SIGKILL");
    const embedded = await fetch(`${stack.url}/v1/embeddings`, {
      method: "POST",
      headers: { authorization: `Bearer ${stack.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ input: "guitar" }),
    });
    expect([embedded.status, embedded.headers.get("sightline-cache")]).toEqual([200, "hit"]);
    await expect.poll(async () => (await fetch(`${stack.url}/readyz`)).status, { timeout: 20_000 }).toBe(200);
    expect(await search("guitar")).toEqual(known);
  });

  it("ends on SIGTERM, also during the start", async () => {
    expect(await stack.end("SIGTERM")).toEqual([]);
    const started = run({ PORT: String(stack.port), SIGHTLINE_DIR: stack.dir });
    await expect.poll(() => descendants(started.process.pid ?? 0).length, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(await started.end("SIGTERM")).toEqual([]);
    // Its folder is free again: nothing that was about to start has outlived it.
    stack = await startStack(stack.dir);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends when only npm gets a %s", async (signal) => {
    if (!descendants(stack.process.pid ?? 0).some((pid) => commandOf(pid) !== "")) stack = await startStack(stack.dir);
    const family = descendants(stack.process.pid ?? 0);
    stack.process.kill(signal);
    expect(await survivors(family)).toEqual([]);
  });

  it("ends whole when the worker is killed", async () => {
    stack = await startStack(stack.dir);
    const family = descendants(stack.process.pid ?? 0);
    const worker = family.find((pid) => commandOf(pid).includes("dev/src/worker.ts"));
    process.kill(worker ?? 0, "SIGKILL");
    expect(await survivors(family)).toEqual([]);
  });

  it("leaves no process behind even when it is killed", async () => {
    stack = await startStack(stack.dir);
    const family = descendants(stack.process.pid ?? 0);
    const main = family.find((pid) => commandOf(pid) === "node dev/src/start.ts");
    process.kill(main ?? 0, "SIGKILL");
    expect(await survivors(family)).toEqual([]);
  });
});
