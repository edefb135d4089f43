/** The commands about collections against a service whose collections are as described. */
import { Migration } from "@sightline/shared/api/migrations";
import { ApiError, toEnvelope } from "@sightline/shared/errors";
import { describe, expect, it } from "vitest";
import { run } from "./collections.ts";
import { parseCommandLine } from "./command-line.ts";
import { operatorAt } from "./operator.ts";

interface Described {
  /** The revision that it is being moved to. */
  readonly to: string;
  readonly leftBehind: number;
}

const MODEL = { model: "m", revision: "1" };

function migrationOf({ to, leftBehind }: Described, status: Migration["status"]): Migration {
  return Migration.parse({
    object: "migration",
    collection: "any",
    status,
    from: MODEL,
    to: { model: "m", revision: to },
    wait_seconds: 0,
    progress: { total: 10, seen: 10, copied: 10 - leftBehind, left_behind: leftBehind },
    left_behind: [],
  });
}

const place = (role: string, total: number) => ({
  role,
  ...MODEL,
  items: { text: total, image: 0, total },
  recall: { sample: 10, lost: 0, mean: 1, least: 1 },
});

const refused = (message: string): Response => {
  const error = new ApiError("migration_conflict", { message });
  return Response.json(toEnvelope(error, "req_1"), { status: error.status });
};

/** Of one tenant, `acme`. @returns how the command ended, what it printed and what was refused. */
async function perform(collections: Readonly<Record<string, Described>>, ...words: string[]) {
  const lines: string[] = [];
  const refusals: string[] = [];
  const operator = operatorAt({
    url: "http://service.test",
    token: "t",
    async fetch(url, init) {
      const [, tenant = "", name = "", call = ""] =
        /^\/admin\/v1\/tenants(?:\/(\w+)\/collections(?:\/(\w+)\/(.+))?)?$/.exec(new URL(String(url)).pathname) ?? [];
      const data = Object.keys(collections).map((each) => ({ name: each, ...MODEL, migration: "next" }));
      if (!name) return Response.json({ object: "list", data: tenant === "acme" ? data : [] });
      const described = collections[name];
      if (!described) return refused("there is none");
      if (call === "verify") {
        const places = [place("current", 10), place("next", 10 - described.leftBehind)];
        return Response.json({ object: "verification", collection: name, places });
      }
      if (call !== "migration/switch") return Response.json(migrationOf(described, "copied"));
      if (described.leftBehind > 0 && !String(init?.body).includes("true"))
        return refused("they would be found no more");
      return Response.json(migrationOf(described, "switched"));
    },
  });
  const args = parseCommandLine(words);
  if (!args || !("collection" in args)) throw new Error("no command about collections");
  const isGood = await run(
    operator,
    args,
    (line) => lines.push(line),
    (line) => refusals.push(line),
  );
  return { isGood, lines, refusals };
}

const migrateAll = ["migrate", "acme", "--model", "m", "--revision", "2"];

describe("a command about many collections", () => {
  const shops = {
    incomplete: { to: "2", leftBehind: 1 },
    elsewhere: { to: "3", leftBehind: 0 },
    last: { to: "2", leftBehind: 0 },
  };

  it("names each that is refused with its reason, goes on with the others, and fails", async () => {
    const { isGood, lines, refusals } = await perform(shops, ...migrateAll);
    expect(isGood).toBe(false);
    expect(refusals).toEqual([
      expect.stringMatching(/^acme\/incomplete: they would be found no more/),
      expect.stringMatching(/^acme\/elsewhere: it is being migrated to m@3 already/),
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^acme\/last: m@1 → m@2: switched/));
  });

  it("succeeds where none is refused", async () => {
    const { elsewhere: _, ...willing } = shops;
    const { isGood, lines } = await perform(willing, ...migrateAll, "--leave-behind");
    expect(isGood).toBe(true);
    expect(lines.filter((line) => line.includes(": switched;"))).toHaveLength(2);
  });

  it("fails for a tenant that there is not, or that has none", async () => {
    for (const command of ["verify", "status"])
      await expect(perform(shops, command, "acmee")).rejects.toThrow('no tenant "acmee", or it has no collections');
    await expect(perform({}, ...migrateAll)).rejects.toThrow('"acme"');
  });

  it("says so where there is nothing to do", async () => {
    const { isGood, lines } = await perform(shops, "migrate", "acme", "--model", "other", "--revision", "2");
    expect(isGood).toBe(true);
    expect(lines).toEqual(["there is no collection to do it with"]);
  });
});
