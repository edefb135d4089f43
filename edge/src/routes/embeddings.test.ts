import { LIMITS } from "@sightline/shared/limits";
import { base64ToBytes, bytesToBase64, dot, vectorFromBytes } from "@sightline/shared/vectors";
import { describe, expect, it } from "vitest";
import { call, env, expectError, post } from "../testing/client.ts";
import { png } from "../testing/images.ts";

const PATH = "/v1/embeddings";
const embed = (input: unknown, more: object = {}) => post(PATH, { input, ...more });

describe("POST /v1/embeddings", () => {
  it("embeds one text into a unit vector of the model's dimensions", async () => {
    const { status, body } = await embed("a red apple");
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: "list", model: "emoji-dual", data: [{ object: "embedding", index: 0 }] });
    const vector = Float32Array.from(body.data[0].embedding);
    expect(dot(vector, vector)).toBeCloseTo(1, 5);
    expect(body.usage.prompt_tokens).toBeGreaterThan(2);
    expect(body.usage.total_tokens).toBe(body.usage.prompt_tokens);
  });

  it("answers base64 with the bytes of the floats", async () => {
    const floats = await embed("a blue whale");
    const base64 = await embed("a blue whale", { encoding_format: "base64" });
    expect(Array.from(vectorFromBytes(base64ToBytes(base64.body.data[0].embedding)))).toEqual(
      floats.body.data[0].embedding,
    );
  });

  it("keeps the order of mixed texts and images and embeds equal inputs once", async () => {
    const image = bytesToBase64(await png(200, 30, 30));
    const { status, body } = await embed([
      "one",
      { image },
      { text: "two" },
      "one",
      { image: `data:image/png;base64,${image}` },
    ]);
    expect(status).toBe(200);
    const vectors = body.data.map((d: { embedding: number[] }) => d.embedding);
    expect(vectors[3]).toEqual(vectors[0]);
    expect(vectors[4]).toEqual(vectors[1]);
    expect(vectors[2]).not.toEqual(vectors[0]);
    expect(body.usage.images).toBe(2);
  });

  it("takes an image as multipart part and as bare body", async () => {
    const bytes = await png(10, 200, 40);
    const form = new FormData();
    form.set("image", new Blob([bytes], { type: "image/png" }));
    form.set("encoding_format", "float");
    const multipart = await call("POST", PATH, { body: form });
    const bare = await call("POST", PATH, {
      body: bytes,
      headers: { "content-type": "image/png" },
    });
    const json = await embed({ image: bytesToBase64(bytes) });
    expect(multipart.body.data).toEqual(json.body.data);
    expect(bare.body.data).toEqual(json.body.data);
  });

  it("flags a text that is longer than the model's context", async () => {
    const { body } = await embed(["apple ".repeat(500), "apple"]);
    expect(body.data[0].truncated).toBe(true);
    expect(body.data[1]).not.toHaveProperty("truncated");
  });

  it("says hit, partial and miss, and answers the same bytes each time", async () => {
    const fresh = { ...env };
    const word = crypto.randomUUID();
    const first = await embed(word);
    expect(first.headers.get("sightline-cache")).toBe("miss");
    const partial = await post(PATH, { input: [word, `${word} again`] }, { env: fresh });
    expect(partial.headers.get("sightline-cache")).toBe("partial");
    const hit = await post(PATH, { input: word }, { env: fresh });
    expect(hit.headers.get("sightline-cache")).toBe("hit");
    expect(hit.body.data[0].embedding).toEqual(first.body.data[0].embedding);
    expect(partial.body.data[0].embedding).toEqual(first.body.data[0].embedding);
  });

  it("does not share cached vectors across tenants", async () => {
    const word = crypto.randomUUID();
    await embed(word);
    const other = await post(PATH, { input: word }, { key: "other" });
    expect(other.headers.get("sightline-cache")).toBe("miss");
  });

  it("coalesces identical inputs of concurrent requests", async () => {
    const shared = { ...env };
    const word = crypto.randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(PATH, { input: word }, { env: shared })));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    const inferred = answers.filter(({ headers }) => headers.get("server-timing")?.includes("inference;"));
    expect(inferred).toHaveLength(1);
  });

  it("carries the headers of the contract", async () => {
    const { headers } = await post(PATH, { input: "headers" }, { headers: { "x-request-id": "my-own-id-1234" } });
    expect(headers.get("x-request-id")).toBe("my-own-id-1234");
    expect(headers.get("ratelimit-policy")).toMatch(
      /^"requests";q=\d+;w=60, "compute";q=\d+;w=\d+, "quota";q=\d+;w=\d+$/,
    );
    expect(headers.get("ratelimit")).toMatch(/^"requests";r=\d+;t=\d+, "compute";r=\d+;t=\d+, "quota";r=\d+;t=\d+$/);
    expect(headers.get("server-timing")).toMatch(/auth;dur=.*inference;dur=.*total;dur=/);
  });

  it("replaces a request id that is not fit for a header or log", async () => {
    const { headers } = await post(PATH, { input: "id" }, { headers: { "x-request-id": "a b" } });
    expect(headers.get("x-request-id")).toMatch(/^req_[0-9a-f]{32}$/);
  });

  describe("refuses", () => {
    it.each([
      ["nothing", {}, "invalid_request", "input"],
      ["an empty list", { input: [] }, "empty_input", "input"],
      ["an empty text", { input: " " }, "empty_input", "input"],
      ["a misspelt field", { inputs: "a" }, "unknown_field", "inputs"],
      ["a misspelt field of an input", { input: { txt: "a" } }, "unknown_field", "input.txt"],
      ["an input of nothing", { input: {} }, "invalid_request", "input"],
      ["a number", { input: 5 }, "invalid_request", "input"],
      ["a number in a list", { input: ["a", 5] }, "invalid_request", "input[1]"],
      ["an unknown field", { input: "a", colour: "red" }, "unknown_field", "colour"],
      ["an unknown field of an input", { input: { text: "a", lang: "en" } }, "unknown_field", "input.lang"],
      ["too many texts", { input: Array(LIMITS.textsPerCall + 1).fill("a") }, "too_many_inputs", "input"],
      ["a text over 8 kB", { input: ["a", "é".repeat(4097)] }, "text_too_long", "input[1]"],
      ["an unknown format", { input: "a", encoding_format: "hex" }, "invalid_request", "encoding_format"],
      ["an unknown dimension", { input: "a", dimensions: 3 }, "invalid_request", "dimensions"],
      ["an image of no bytes", { input: { image: "" } }, "invalid_request", "input.image"],
      ["an image that is no base64", { input: [{ image: "%%%" }] }, "image_invalid", "input[0].image"],
      ["bytes that are no image", { input: { image: btoa("hello world") } }, "image_format_unsupported", "input.image"],
      [
        "an SVG",
        { input: { image: btoa("<svg xmlns='http://www.w3.org/2000/svg'/>") } },
        "image_format_unsupported",
        "input.image",
      ],
      [
        "a data URI of another type",
        { input: { image: "data:text/plain;base64,AAAA" } },
        "image_format_unsupported",
        "input.image",
      ],
      ["a file URL", { input: { image: "file:///etc/passwd" } }, "image_url_refused", "input.image"],
    ])("%s", async (_, json, code, param) => {
      expectError(await post(PATH, json), 400, code, param);
    });

    it("a data URI whose type is not that of the bytes", async () => {
      const image = `data:image/jpeg;base64,${bytesToBase64(await png(1, 2, 3))}`;
      expectError(await embed({ image }), 400, "image_type_mismatch", "input.image");
    });

    it("an image that is cut off, naming which", async () => {
      const image = bytesToBase64((await png(1, 2, 3)).slice(0, 60));
      expectError(await embed(["a", { image }]), 400, "image_invalid", "input[1]");
    });

    it("more than 64 images", async () => {
      const image = bytesToBase64(await png(9, 9, 9));
      expectError(await embed(Array(65).fill({ image })), 400, "too_many_inputs", "input");
    });

    it("an unknown model", async () => {
      expectError(await embed("a", { model: "no-such-model" }), 404, "model_not_found", "model");
    });

    it("a body that is no JSON", async () => {
      expectError(
        await call("POST", PATH, { body: "{", headers: { "content-type": "application/json" } }),
        400,
        "invalid_json",
      );
    });

    it("a body that is nested without end", async () => {
      const body = `{"input":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
      expectError(
        await call("POST", PATH, { body, headers: { "content-type": "application/json" } }),
        400,
        "invalid_request",
        "input",
      );
    });

    it("a body that is not UTF-8", async () => {
      const body = Uint8Array.from([...new TextEncoder().encode('{"input":"caf'), 0xe9, 0x22, 0x7d]);
      const headers = { "content-type": "application/json" };
      expectError(await call("POST", PATH, { body, headers }), 400, "invalid_json");
    });

    it("an image part beside another input, twice, or missing", async () => {
      const part = new Blob([await png(1, 2, 3)]);
      const send = (...parts: [string, string | Blob][]) => {
        const form = new FormData();
        for (const [name, value] of parts) form.append(name, value);
        return call("POST", PATH, { body: form });
      };
      expectError(await send(["input", "a"], ["image", part]), 400, "invalid_request", "input");
      expectError(await send(["image", part], ["image", part]), 400, "invalid_request", "input");
      expectError(await send(["model", "emoji-dual"]), 400, "invalid_request", "image");
    });

    it("a body of another type", async () => {
      expectError(
        await call("POST", PATH, { body: "a", headers: { "content-type": "text/plain" } }),
        415,
        "unsupported_content_type",
      );
    });

    it("a body over 20 MB, also without a declared length", async () => {
      const stream = new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(1024 * 1024));
          this.sent = (this.sent ?? 0) + 1;
          if (this.sent > 21) controller.close();
        },
      } as UnderlyingSource & { sent?: number });
      expectError(
        await call("POST", PATH, { body: stream, headers: { "content-type": "application/json" } }),
        413,
        "body_too_large",
      );
    });

    it("a GET", async () => {
      const answer = await call("GET", PATH);
      expectError(answer, 405, "method_not_allowed");
      expect(answer.headers.get("allow")).toBe("POST");
    });
  });

  it.each([
    ["private", "http://10.0.0.1/a.png"],
    ["loopback", "http://127.0.0.1/a.png"],
    ["link-local", "http://169.254.169.254/latest/meta-data"],
    ["IPv4-mapped", "http://[::ffff:127.0.0.1]/a.png"],
    ["decimal", "http://2130706433/a.png"],
    ["octal", "http://0177.0.0.1/a.png"],
    ["a name that resolves to one", "http://localhost/a.png"],
  ])("refuses an image URL to a %s address", async (_, image) => {
    expectError(await embed({ image }), 400, "image_url_refused", "input");
  });
});
