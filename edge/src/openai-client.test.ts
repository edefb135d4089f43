/** The unmodified `openai` client against the app: its methods, formats and error classes. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { PLANS } from "@sightline/shared/limits";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { createApp } from "./app.ts";
import { env } from "./testing/client.ts";

const { app } = createApp();

function client(apiKey: string): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: "https://api.test/v1",
    maxRetries: 0,
    fetch: async (url, init) => {
      const context = createExecutionContext();
      const response = await app.fetch(new Request(url, init), env, context);
      await waitOnExecutionContext(context);
      return response;
    },
  });
}

const embed = (apiKey: string, input: string | string[], model = "emoji-dual") =>
  client(apiKey).embeddings.create({ model, input });

describe("the unmodified openai client", () => {
  it("embeds one and many texts, as floats and as base64", async () => {
    const openai = client(env.TEST_KEYS.full);
    const floats = await openai.embeddings.create({ model: "emoji-dual", input: "a dog", encoding_format: "float" });
    const base64 = await openai.embeddings.create({ model: "emoji-dual", input: "a dog", encoding_format: "base64" });
    const many = await embed(env.TEST_KEYS.full, ["a dog", "a cat"]);
    expect(many.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(many.data[0]?.embedding).toEqual(floats.data[0]?.embedding);
    expect(typeof base64.data[0]?.embedding).toBe("string");
  });

  it("raises AuthenticationError for a wrong key", async () => {
    await expect(embed("sl_wrong", "a")).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });

  it("raises PermissionDeniedError for a missing scope", async () => {
    await expect(embed(env.TEST_KEYS.searchOnly, "a")).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
  });

  it("raises BadRequestError that names the field", async () => {
    await expect(embed(env.TEST_KEYS.full, ["a", ""])).rejects.toSatisfy(
      (error) => error instanceof OpenAI.BadRequestError && error.param === "input[1]" && error.code === "empty_input",
    );
  });

  it("raises NotFoundError for an unknown model", async () => {
    await expect(embed(env.TEST_KEYS.full, "a", "no-such-model")).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it("raises RateLimitError when the bucket is empty", async () => {
    const input = Array.from({ length: PLANS.free.textsPerCall }, (_, i) => `thing ${i}`);
    const spend = async () => {
      for (let i = 0; i < 11; i++) await embed(env.TEST_KEYS.emptied, input);
    };
    await expect(spend()).rejects.toBeInstanceOf(OpenAI.RateLimitError);
  });
});
