import { describe, expect, it } from "vitest";
import { env, expectError, get } from "../testing/client.ts";

const deployed = { ...env, ENVIRONMENT: "production" as const };
const plain = { env: deployed, origin: "http://api.test" };

describe("a deployment", () => {
  it.each(["/v1/collections", "/admin/v1/tenants"])(
    "refuses %s over plain HTTP before it looks at the key",
    async (path) => {
      expectError(await get(path, plain), 403, "https_required");
      expectError(await get(path, { ...plain, key: null }), 403, "https_required");
    },
  );

  it("answers the same call over HTTPS", async () => {
    expect((await get("/v1/collections", { env: deployed })).status).toBe(200);
  });

  it("says over plain HTTP that it lives, to load balancers", async () => {
    expect((await get("/healthz", { ...plain, key: null })).status).toBe(200);
  });
});

it("the local stack has no certificate, and asks for none", async () => {
  expect((await get("/v1/collections", { origin: "http://127.0.0.1:8787" })).status).toBe(200);
});
