import { describe, expect, it } from "vitest";
import { type CallOptions, call, env, expectError, put } from "../../testing/client.ts";

const headers = { authorization: `Bearer ${env.ADMIN_TOKEN}` };
const ask = (method: string, below = "", options: CallOptions = {}) =>
  call(method, `/admin/v1/snapshots${below}`, { key: null, headers, ...options });

describe("snapshots", () => {
  it("are begun, listed until they are whole, restored by their name alone, and deleted", async () => {
    // Other files of tests write into the same store, so that nothing is restored here: the backend's own tests do that.
    await put("/v1/collections/snapshots", {});
    await put("/v1/collections/snapshots/items", { items: [{ id: "a", text: "a text" }] });
    const begun = await ask("POST");
    expect(begun.body).toMatchObject({ object: "list", data: [{ status: "making", points: expect.any(Number) }] });
    const [{ name }] = begun.body.data;
    for (;;) {
      const [one] = (await ask("GET")).body.data;
      if (one.status === "making") continue;
      expect(one).toEqual({ name, status: "whole" });
      break;
    }
    expectError(await ask("POST", "/another/restore"), 404, "snapshot_not_found");
    expectError(await ask("POST", "/..%2f..%2fetc/restore"), 400, "invalid_request", "name");
    expectError(await ask("DELETE", "/another"), 404, "snapshot_not_found");
    expectError(await ask("DELETE", "/..%2f..%2fetc"), 400, "invalid_request", "name");
    expect((await ask("DELETE", `/${name}`)).body).toEqual({ object: "list", data: [] });
    expectError(await ask("DELETE", `/${name}`), 404, "snapshot_not_found");
  });

  it("of a Qdrant are made by Qdrant", async () => {
    const onQdrant = { ...env, BACKEND_URL: env.QDRANT_BACKEND_URL };
    expectError(await ask("POST", "", { env: onQdrant }), 409, "snapshots_elsewhere");
  });

  it("are the operator's", async () => {
    expectError(await ask("GET", "", { headers: {}, key: "full" }), 401, "invalid_admin_token");
  });
});
