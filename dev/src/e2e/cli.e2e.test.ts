/** The command line against the stack that runs: what an operator and a user see, of success and of each common refusal. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { LIMITS, PLANS } from "@sightline/shared/limits";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ROOT } from "../settings.ts";
import { isHere, runs } from "../testing/needs.ts";
import { type Stack, startStack } from "../testing/stack.ts";

const run = promisify(execFile);
const BIN = join(ROOT, "sdk/bin/sightline.js");

let stack: Stack;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "sight line cli "));
  stack = await startStack(inject("stackDir"));
});
afterAll(async () => {
  await stack?.end("SIGTERM");
  await rm(dir, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

type Environment = Readonly<Record<string, string>>;

/** Without a key of its own it finds the local stack's, as it does in the checkout. */
const sightlineWith = (environment: Environment, ...args: readonly string[]): Promise<Ended> =>
  run(process.execPath, [BIN, ...args], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? "", HOME: dir, SIGHTLINE_DIR: stack.dir, ...environment },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
const sightline = (...args: readonly string[]) => sightlineWith({}, ...args);
const asKey = (key: string): Environment => ({ SIGHTLINE_URL: stack.url, SIGHTLINE_API_KEY: key });

describe("the operator", () => {
  it("makes a tenant and its key, rotates and revokes the key, and stops the tenant", async () => {
    const made = await sightline("admin", "tenants", "create", "acme", "--plan", "free", "--name", "Acme Ltd");
    expect(made.stdout).toMatch(/^id +acme\nname +Acme Ltd\nplan +free\nstatus +active\n/);
    expect((await sightline("admin", "tenants", "create", "acme", "--plan", "free")).stderr).toMatch(
      /^error: .+\n +\(tenant_conflict, request req_/,
    );

    const key = (await sightline("admin", "keys", "create", "acme", "--name", "site", "--scopes", "search,embed"))
      .stdout;
    expect((await sightlineWith(asKey(key.trim()), "collections")).stdout).toBe("There is no collection.\n");
    const [{ id }] = JSON.parse((await sightline("admin", "keys", "list", "acme", "--json")).stdout);
    const expires = "2099-01-01T00:00:00.000Z";
    const changed = await sightline("admin", "keys", "update", "acme", id, "--expires", expires);
    expect(changed.stdout).toMatch(/^name +site$/m);
    expect(changed.stdout).toMatch(/^expires_at +2099-01-01T00:00:00/m);
    const fresh = await sightline("admin", "keys", "rotate", "acme", id, "--overlap", "1h");
    expect(fresh.stdout).toMatch(/^sl_dev_\w+\n$/);
    const keys = (await sightline("admin", "keys", "list", "acme")).stdout;
    expect(keys.match(/ site +search,embed /g)).toHaveLength(2);
    expect((await sightline("admin", "keys", "revoke", "acme", id)).stdout).toBe(`${id} is revoked\n`);

    expect((await sightline("admin", "tenants", "update", "acme", "--status", "suspended")).stdout).toContain(
      "suspended",
    );
    const stopped = await sightlineWith(asKey(fresh.stdout.trim()), "collections");
    expect([stopped.code, stopped.stderr]).toEqual([4, expect.stringContaining("(tenant_suspended, ")]);
    expect((await sightline("admin", "usage", "acme")).stdout).toContain("plan free: 1 of ");
    expect((await sightline("admin", "tenants", "delete", "acme")).stdout).toBe("acme is gone, with its keys\n");
    expect((await sightline("admin", "tenants")).stdout).not.toContain("acme");
  });
});

describe("a search", () => {
  it("takes away what it should not be, and holds to conditions on metadata", async () => {
    const ids = async (...args: string[]) =>
      JSON.parse((await sightline("search", "emoji", "fruit", "--json", ...args)).stdout).results.map(
        ({ metadata }: { metadata: { group: string } }) => metadata.group,
      );
    const group = "animals-nature";
    expect(new Set(await ids("--filter", `group=${group}`))).toEqual(new Set([group]));
    expect(await ids("--filter", `group!=${group}`, "--not", "a tree")).not.toContain(group);
  });

  it("has the pictures judged on demand", async () => {
    const { stdout } = await sightline("search", "emoji", "a red apple", "--rerank", "entailment", "--top", "4");
    expect(stdout.split("\n")[0]).toMatch(/^ *score +id +kind +shows it +metadata$/);
    expect(stdout.split("\n")[1]).toMatch(/ (yes|no|maybe) [01]\.\d{4} /);
    const refused = await sightline("search", "emoji", "apple", "--hypothesis", "it is red");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      "error: --hypothesis says what --rerank entailment is to judge\n",
    ]);
  });

  it.skipIf(!hasPty())("shows pictures in a terminal that can", async () => {
    const line = `"${process.execPath}" "${BIN}" search emoji 'a red apple' --top 2 --pictures`;
    const env = { PATH: process.env.PATH ?? "", HOME: dir, SIGHTLINE_DIR: stack.dir, TERM_PROGRAM: "WezTerm" };
    const { stdout } = await run("script", ["-qec", line, "/dev/null"], { cwd: dir, env, maxBuffer: 2 ** 24 });
    const pictures = [...stdout.matchAll(/1337;File=inline=1;size=(\d+);[^:]+:([\w+/=]+)/g)];
    expect(pictures).toHaveLength(2);
    for (const [, size, data = ""] of pictures) {
      const bytes = Buffer.from(data, "base64");
      expect([bytes.length, bytes.subarray(8, 12).toString()]).toEqual([Number(size), "WEBP"]);
    }
  });
});

describe("a refusal is told in the API's own words, with what to do", () => {
  it("of a wrong key", async () => {
    const { code, stderr } = await sightlineWith(asKey("sl_wrong"), "collections");
    expect(code).toBe(4);
    expect(stderr).toMatch(
      /^error: The API key is missing or not valid\. Send `Authorization.+\n +\(invalid_api_key, request/,
    );
  });

  it("of a picture that is too large", async () => {
    const file = join(dir, "huge.jpg");
    await writeFile(file, Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(LIMITS.imageBytes)]));
    const { code, stderr } = await sightline("search", "emoji", `@${file}`);
    expect([code, stderr]).toEqual([3, expect.stringContaining("larger than 10 MB. Compress or scale the image down")]);
  });

  it("of a file that is no picture of a known format", async () => {
    const file = join(dir, "drawing.svg");
    await writeFile(file, "<svg/>");
    const { code, stderr } = await sightline("classify", `@${file}`, "--labels", "a,b");
    expect([code, stderr]).toEqual([3, expect.stringContaining("Convert the image to JPEG, PNG, WebP, GIF or AVIF.")]);
  });

  it("of a limit that is used up, which it waits for", async () => {
    await sightline("admin", "tenants", "create", "hasty", "--plan", "free");
    const key = (await sightline("admin", "keys", "create", "hasty")).stdout.trim();
    const texts = Array.from({ length: PLANS.free.textsPerCall }, (_, i) => `thing ${i}`);
    const spend = (units: number) =>
      fetch(`${stack.url}/v1/embeddings`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ input: texts.slice(0, units) }),
      }).then(async (response) => (await response.json()) && response.status);
    for (const units of [texts.length, 16]) while ((await spend(units)) === 200);
    // 160 units of a bucket that has next to none, and gets ten a second.
    const labels = Array.from({ length: 100 }, (_, i) => `label ${i}`).join();
    const { code, stderr } = await sightlineWith(
      asKey(key),
      ...["classify", ...texts.slice(0, 60), "--labels", labels, "--json"],
    );
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^waiting \d+ s: .+ Wait for as long as/)]);
  });
});

/** util-linux's `script` runs a command in a terminal of its own. */
function hasPty(): boolean {
  return isHere(runs("script", "-qec", "true", "/dev/null"), "no script on PATH: install bsdutils");
}
