import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEmojiSamples, renderEmoji } from "../emoji.ts";
import { run, type Stack, stackDir, startStack } from "../testing/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack(await stackDir());
});
afterAll(async () => {
  if (stack.process.exitCode === null && stack.process.signalCode === null) await stack.end("SIGINT");
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
    for (const file of ["dev.json", "secrets.json"]) expect(statSync(join(stack.dir, file)).mode & 0o077, file).toBe(0);
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

  it.each([
    ["red apple", "1f34e"],
    ["rocket", "1f680"],
    ["cat face", "1f431"],
    ["guitar", "1f3b8"],
  ])("finds %j among the first five", async (query, id) => {
    expect((await search(query)).map((r) => r.id)).toContain(id);
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

  it("says plainly when the port is taken", async () => {
    const second = run({ PORT: String(stack.port), SIGHTLINE_DIR: await stackDir() });
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
  it("ends on Ctrl-C with code 0, leaves no process behind, and keeps the index", async () => {
    const before = await search("red apple");
    const family = descendants(stack.process.pid ?? 0);
    expect(family.length).toBeGreaterThan(2);
    expect(await stack.end("SIGINT")).toBe(0);
    await delay(500);
    expect(family.filter(isAlive)).toEqual([]);
    expect(readdirSync(stack.dir)).not.toContain("dev.json");

    const key = stack.apiKey;
    stack = await startStack(stack.dir);
    expect(stack.apiKey).toBe(key);
    expect(stack.output()).not.toContain("pictures indexed");
    expect(await search("red apple")).toEqual(before);
  });

  it("ends on SIGTERM too, and leaves no process behind when it is killed", async () => {
    const family = descendants(stack.process.pid ?? 0);
    process.kill(
      family.find((pid) => commandOf(pid).includes("dev/src/start.ts") && commandOf(pid).startsWith("node"))!,
      "SIGKILL",
    );
    const deadline = Date.now() + 20_000;
    while (family.some(isAlive) && Date.now() < deadline) await delay(200);
    expect(family.filter(isAlive).map(commandOf)).toEqual([]);
  });
});

/** Process ids below `root`, itself included, by /proc. */
function descendants(root: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        return { pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) };
      } catch {
        return { pid: 0, parent: 0 };
      }
    });
  const below = (pid: number): number[] => [
    pid,
    ...parents.filter((p) => p.parent === pid).flatMap((p) => below(p.pid)),
  ];
  return below(root);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** A zombie has ended; only nobody has asked for its exit code yet. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
  } catch {
    return false;
  }
}
