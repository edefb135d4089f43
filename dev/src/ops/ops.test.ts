/** The operator's commands against a service that answers as scripted; the real one has tests of its own (edge/src/migrations). */
import type { LeftBehind, Migration, Verification } from "@sightline/shared/api/migrations";
import { ApiError, type ErrorCode, toEnvelope } from "@sightline/shared/errors";
import { describe, expect, it } from "vitest";
import { parseCommandLine } from "./command-line.ts";
import { copyAll, faultsOf } from "./migrate.ts";
import { operatorAt } from "./operator.ts";

const collection = { tenant: "acme", name: "shop" };
const at = (status: Migration["status"], seen = 0, leftBehind: LeftBehind[] = []): Migration => ({
  object: "migration",
  collection: "shop",
  status,
  from: { model: "m", revision: "1" },
  to: { model: "m", revision: "2" },
  wait_seconds: status === "waiting" ? 35 : 0,
  progress: { total: 100, seen, copied: seen, left_behind: leftBehind.length },
  left_behind: leftBehind,
});

type Answer = Migration | { readonly refused: ErrorCode; readonly retryAfter?: number } | "unreachable";

/** Answers in this order, whatever is asked. */
function scripted(answers: readonly Answer[]) {
  const left = [...answers];
  const asked: string[] = [];
  const slept: number[] = [];
  const sleep = async (ms: number) => void slept.push(ms);
  const operator = operatorAt({
    url: "http://service.test",
    token: "t",
    sleep,
    async fetch(url, init) {
      asked.push(`${init?.method} ${new URL(String(url)).pathname.split("/shop")[1]} ${init?.body ?? ""}`.trim());
      const answer = left.shift() ?? "unreachable";
      if (answer === "unreachable") throw new TypeError("fetch failed");
      if (!("refused" in answer)) return Response.json(answer);
      const error = new ApiError(answer.refused);
      const headers = new Headers();
      if (answer.retryAfter !== undefined) headers.set("retry-after", String(answer.retryAfter));
      return Response.json(toEnvelope(error, "req_1"), { status: error.status, headers });
    },
  });
  const seen: number[] = [];
  const leftBehind: string[] = [];
  return {
    asked,
    slept,
    seen,
    leftBehind,
    operator,
    copy: (to: object = { revision: "2" }) =>
      copyAll({
        operator,
        collection,
        to,
        sleep,
        onProgress: ({ progress }) => seen.push(progress.seen),
        onLeftBehind: ({ id }) => leftBehind.push(id),
      }),
  };
}

const NONE = { refused: "migration_not_found" } as const;
const item = (id: string): LeftBehind => ({ id, error: { code: "no_original", message: "" } });

describe("copying", () => {
  it("starts a migration, waits for earlier writes, and goes page by page to the end", async () => {
    const script = scripted([
      NONE,
      at("waiting"),
      at("copying"),
      at("copying", 50, [item("a")]),
      at("copied", 100, [item("b")]),
    ]);
    expect((await script.copy()).status).toBe("copied");
    expect(script.asked).toEqual([
      "GET /migration",
      'POST /migration {"revision":"2"}',
      ...Array(3).fill('POST /migration/copy {"items":32}'),
    ]);
    expect(script.slept).toEqual([5000]);
    expect(script.seen).toEqual([0, 0, 50, 100]);
    expect(script.leftBehind).toEqual(["a", "b"]);
  });

  it("goes on with one that is under way, and leaves one that is done as it is", async () => {
    const under = scripted([at("copying", 50), at("copied", 100)]);
    await under.copy();
    expect(under.asked).toEqual(["GET /migration", 'POST /migration/copy {"items":32}']);
    for (const status of ["copied", "switched"] as const) {
      const done = scripted([at(status, 100)]);
      await done.copy();
      expect(done.asked).toEqual(["GET /migration"]);
    }
  });

  it("goes through all once more if items were left behind, which may have been written anew since", async () => {
    const script = scripted([
      at("copied", 100, [item("a"), item("b")]),
      { refused: "deadline_exceeded" },
      at("copying", 50),
      at("copied", 100, [item("b")]),
    ]);
    expect((await script.copy()).progress.left_behind).toBe(1);
    expect(script.asked).toHaveLength(4);
    expect(script.leftBehind).toEqual(["b"]);
  });

  it("does not mistake a migration to elsewhere for its own", async () => {
    await expect(scripted([at("copying")]).copy({ revision: "3" })).rejects.toThrow("m@2 already");
  });

  it("waits for as long as the service asks, and takes fewer items where a call is too slow", async () => {
    const script = scripted([
      at("copying"),
      { refused: "backend_unavailable", retryAfter: 7 },
      "unreachable",
      { refused: "deadline_exceeded" },
      { refused: "deadline_exceeded" },
      at("copied", 100),
    ]);
    await script.copy();
    expect(script.slept).toEqual([7000, 2000]);
    expect(script.asked.slice(-2)).toEqual(['POST /migration/copy {"items":16}', 'POST /migration/copy {"items":8}']);
  });

  it("gives up in the end, and at once where trying again is of no use", async () => {
    await expect(scripted([at("copying")]).copy()).rejects.toThrow("fetch failed");
    const refused = scripted([{ refused: "invalid_admin_token" }]);
    await expect(refused.copy()).rejects.toMatchObject({ code: "invalid_admin_token" });
    expect(refused.asked).toHaveLength(1);
  });
});

describe("a switch", () => {
  const place = (role: "current" | "next", total: number, mean: number, lost = 0): Verification["places"][number] => ({
    role,
    model: "m",
    revision: "1",
    items: { text: total, image: 0, total },
    recall: { sample: 20, lost, mean, least: mean },
  });
  const verified = (total: number, mean = 1): Verification => ({
    object: "verification",
    collection: "shop",
    places: [place("current", 1000, 1), place("next", total, mean)],
  });

  it("has nothing against it where all that can be is there and is found", () => {
    expect(faultsOf(verified(1000), at("copied"))).toEqual([]);
    expect(faultsOf(verified(999), at("copied", 0, [item("a")]))).toEqual([]);
    expect(faultsOf(verified(1004), at("copied"))).toEqual([]);
  });

  it.each([
    ["items are missing", verified(900)],
    ["searches miss too much", verified(1000, 0.8)],
    [
      "items are not found by their own vectors",
      { ...verified(1000), places: [place("current", 1000, 1), place("next", 1000, 1, 2)] },
    ],
    ["there is no second place", { ...verified(1000), places: [place("current", 1000, 1)] }],
  ])("has something against it where %s", (_, verification) => {
    expect(faultsOf(verification, at("copied"))).toHaveLength(1);
  });
});

describe("the command line", () => {
  it("names one collection, those of a tenant, or all", () => {
    expect(parseCommandLine(["verify"])).toMatchObject({ tenant: undefined, collection: undefined });
    expect(parseCommandLine(["verify", "acme"])).toMatchObject({ tenant: "acme", collection: undefined });
    expect(parseCommandLine(["end", "acme/shop"])).toMatchObject({ tenant: "acme", collection: "shop" });
    expect(parseCommandLine(["migrate", "--model", "m", "--revision", "2"])).toMatchObject({ tenant: undefined });
    expect(parseCommandLine(["restore", "2026-11-21t11-05"])).toMatchObject({ name: "2026-11-21t11-05" });
    expect(parseCommandLine(["--help"])).toBeUndefined();
  });

  it.each([
    ["no command", []],
    ["an unknown one", ["migrat"]],
    ["an unknown option", ["verify", "--fast"]],
    ["one name too many", ["verify", "acme", "shop"]],
    ["a path", ["verify", "acme/shop/item"]],
    ["a restore of nothing", ["restore"]],
    ["a snapshot by name", ["snapshot", "mine"]],
    ["a deletion of no snapshot", ["snapshot-delete"]],
    ["a drop of everything", ["end"]],
    ["a migration of everything by a slip", ["migrate", "acme", "--revision", "2"]],
  ])("refuses %s", (_, args) => {
    expect(() => parseCommandLine(args)).toThrow();
  });
});
