import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeApi, refusal, startFakeApi } from "../testing/api.ts";
import { startCli } from "../testing/cli.ts";

let api: FakeApi;
let dir: string;
beforeAll(async () => {
  api = await startFakeApi();
  dir = await mkdtemp(join(tmpdir(), "sight line cli "));
});
afterAll(async () => {
  await api.close();
  await rm(dir, { recursive: true, force: true });
});

const cli = (args: readonly string[], environment: Readonly<Record<string, string>> = {}, input = "") =>
  startCli(args, { XDG_CONFIG_HOME: dir, ...environment }, dir, input).ended;
const known = () => ({ SIGHTLINE_URL: api.url, SIGHTLINE_API_KEY: "sl_key" });

describe("where the API is, and with which key", () => {
  it("comes from the environment", async () => {
    const { code, stdout } = await cli(["collections"], { SIGHTLINE_URL: api.url, SIGHTLINE_API_KEY: "sl_key" });
    expect([code, stdout]).toEqual([0, "There is no collection.\n"]);
  });

  it("is never put together from two places", async () => {
    const { code, stderr } = await cli(["collections"], { SIGHTLINE_URL: "https://somebody.example" });
    expect([code, stderr]).toEqual([2, "error: SIGHTLINE_API_KEY is not set: it goes with the other one\n"]);
  });

  it("is asked for where nobody has said it", async () => {
    const { code, stderr } = await cli(["collections"]);
    expect(code).toBe(2);
    expect(stderr).toContain("sightline login");
  });

  it("comes from the user's file, if nobody else can read that", async () => {
    const file = join(dir, "sightline", "config.json");
    await mkdir(join(dir, "sightline"));
    await writeFile(file, JSON.stringify({ url: api.url, api_key: "sl_key" }), { mode: 0o600 });
    expect((await cli(["collections"])).code).toBe(0);
    await chmod(file, 0o644);
    const { code, stderr } = await cli(["collections"]);
    expect([code, stderr]).toEqual([2, `error: ${file} holds a key, and others may read it: chmod 600 ${file}\n`]);
    await chmod(file, 0o600);
    await writeFile(file, "{}");
    expect((await cli(["collections"])).stderr).toContain('has to be {"url"');
    await rm(file);
  });

  it("comes from the local stack that runs here", async () => {
    await mkdir(join(dir, ".sightline"));
    await writeFile(join(dir, ".sightline/dev.json"), JSON.stringify({ url: api.url, api_key: "k" }), { mode: 0o600 });
    expect((await cli(["collections"])).code).toBe(0);
    await rm(join(dir, ".sightline"), { recursive: true });
  });
});

describe("login", () => {
  const file = () => join(dir, "sightline", "config.json");

  it("keeps a key that works where only its user can read it, until logout", async () => {
    const { code, stdout } = await cli(["login", api.url], {}, "sl_key\n");
    expect([code, stdout]).toEqual([0, `The key is tenant acme's, plan free; it is kept in ${file()}\n`]);
    expect((await stat(file())).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file(), "utf8"))).toEqual({ url: api.url, api_key: "sl_key" });
    expect((await cli(["collections"])).code).toBe(0);
    expect((await cli(["logout"])).stdout).toBe(`${file()} is gone\n`);
    expect((await cli(["logout"])).stdout).toBe("No key was kept.\n");
    expect((await cli(["collections"])).code).toBe(2);
  });

  it("keeps nothing that does not work", async () => {
    api.readFaults.push(refusal(401, "invalid_api_key"));
    expect((await cli(["login", api.url], {}, "sl_wrong")).code).toBe(4);
    expect((await cli(["login", api.url])).stderr).toBe("error: there was no key to read\n");
    expect((await cli(["login", "localhost"], {}, "sl_key")).stderr).toContain("is no URL");
    await expect(stat(file())).rejects.toThrow("ENOENT");
  });
});

describe("admin", () => {
  it("asks for the operator's token, and never takes a key for it", async () => {
    const { code, stderr } = await cli(["admin", "tenants"], known());
    expect([code, stderr]).toEqual([2, "error: SIGHTLINE_ADMIN_TOKEN is not set: it goes with the other one\n"]);
    expect((await cli(["admin", "tenants"])).stderr).not.toContain("login");
    const operator = { SIGHTLINE_URL: api.url, SIGHTLINE_ADMIN_TOKEN: "token" };
    expect((await cli(["admin", "tenants"], operator)).stdout).toBe("There is no tenant.\n");
  });

  it("does not ask twice for a new key: the first answer may only have been lost", async () => {
    api.readFaults.push(refusal(503, "identity_unavailable", { "retry-after": "1" }), refusal(500, "internal_error"));
    const operator = { SIGHTLINE_URL: api.url, SIGHTLINE_ADMIN_TOKEN: "token" };
    const { code, stderr } = await cli(["admin", "keys", "create", "acme"], operator);
    expect([code, api.readFaults.splice(0).length]).toEqual([5, 1]);
    expect(stderr).toContain("(identity_unavailable, request req_12345678, again in 1 s)");
  });
});

describe("deleting", () => {
  const tells = (args: readonly string[]) =>
    cli(args, { ...known(), SIGHTLINE_ADMIN_TOKEN: "token" }).then(({ code, stdout }) => [code, stdout]);

  it.each([
    [["admin", "tenants", "delete", "acme"], "tenant_not_found", "acme is gone, with its keys\n"],
    [["admin", "keys", "revoke", "acme", "k1"], "key_not_found", "k1 is revoked\n"],
    [["collections", "delete", "shop"], "collection_not_found", "shop is gone\n"],
  ] as const)(
    "with %j is done where a try that failed has done it, and not where there was none",
    async (args, code, said) => {
      api.readFaults.push(refusal(503, "store_unavailable", { "retry-after": "0" }), refusal(404, code));
      expect(await tells(args)).toEqual([0, said]);
      api.readFaults.push(refusal(404, code));
      expect(await tells(args)).toEqual([3, ""]);
    },
  );
});

describe("admin keys update", () => {
  const operator = () => ({ SIGHTLINE_URL: api.url, SIGHTLINE_ADMIN_TOKEN: "token" });
  const update = (...flags: string[]) => cli(["admin", "keys", "update", "acme", "k1", ...flags], operator());

  it.each([
    [["--name", "site"], { name: "site" }],
    [["--expires", "2027-01-01T00:00:00Z"], { expires_at: "2027-01-01T00:00:00Z" }],
    [["--expires", "never", "--name", ""], { name: "", expires_at: null }],
  ])("with %j sends what is to be changed, and nothing else", async (flags, changes) => {
    await update(...flags, "--json");
    expect(api.asked.at(-1)).toBe(`PATCH /admin/v1/tenants/acme/keys/k1 ${JSON.stringify(changes)}`);
  });

  it("asks what to change", async () => {
    const { code, stderr } = await update();
    expect([code, stderr]).toEqual([2, "error: say what to change: --name or --expires\n"]);
  });
});

describe("a model's files", () => {
  it("are the service's, which lies beside the SDK in a checkout", async () => {
    const { code, stdout } = await cli(["models", "list", "--json"], { SIGHTLINE_DIR: dir });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      expect.arrayContaining([expect.objectContaining({ id: "emoji-dual", state: "built in" })]),
    ]);
    const refused = await cli(["models", "remove", "emoji-dual", "--variant", "int8"], { SIGHTLINE_DIR: dir });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("emoji-dual is built in: it stays")]);
  });

  it("are elsewhere for the published package, which says so", async () => {
    const sdk = join(import.meta.dirname, "../..");
    const alone = join(dir, "package");
    await mkdir(alone);
    for (const part of ["bin", "src", "package.json"])
      await cp(join(sdk, part), join(alone, part), { recursive: true });
    await symlink(join(sdk, "../node_modules"), join(dir, "node_modules"));
    const bin = join(alone, "bin/sightline.js");
    const asked = ["models", "pull", "clip-vit-base-patch32", "--variant", "fp32"];
    const { code, stderr } = await startCli(asked, {}, dir, "", bin).ended;
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("npm run models -- pull clip-vit-base-patch32 --variant fp32\n"),
    ]);
  });

  it("are no business of most callers", async () => {
    expect((await cli(["models", "--help"])).stdout).not.toMatch(/pull <|remove </);
  });
});

describe("a limit", () => {
  it("is waited out where that is soon, and said", async () => {
    api.readFaults.push(refusal(429, "rate_limit_exceeded", { "retry-after": "1" }));
    const { code, stderr } = await cli(["models"], known());
    expect([code, stderr]).toEqual([0, "waiting 1 s: It is rate_limit_exceeded.\n"]);
  });

  it("that takes longer ends the command with the API's words and the time", async () => {
    api.readFaults.push(refusal(429, "quota_exceeded", { "retry-after": "86400" }));
    const { code, stderr } = await cli(["models"], known());
    expect(code).toBe(5);
    expect(stderr).toBe(
      "error: It is quota_exceeded.\n       (quota_exceeded, request req_12345678, again in 86400 s)\n",
    );
  });
});

describe("pictures in the terminal", () => {
  it("are refused where nobody could see them", async () => {
    const { code, stderr } = await cli(["search", "c", "x", "--pictures"], { ...known(), TERM_PROGRAM: "WezTerm" });
    expect([code, stderr]).toEqual([2, "error: --pictures needs a terminal that can show them: iTerm2 or WezTerm\n"]);
  });
});

describe("how a command ends", () => {
  it("tells help and version from wrong usage", async () => {
    const help = await cli(["--help"]);
    expect([help.code, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toContain("Exit codes:");
    expect((await cli(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const args of [
      ["serch"],
      ["search"],
      ["rank", "a", "b", "--top", "0"],
      ["search", "c", "--filter", "{"],
      ["admin", "tenants", "create", "acme"],
      ["completion", "csh"],
    ]) {
      const { code, stderr, stdout } = await cli(args);
      expect([code, stdout], args.join(" ")).toEqual([2, ""]);
      expect(stderr).toMatch(/^error: /);
    }
  });

  it("tells a server that is away from a picture that is not there", async () => {
    const away = { SIGHTLINE_URL: "http://127.0.0.1:1", SIGHTLINE_API_KEY: "sl_key" };
    const missing = await cli(["search", "c", "@nowhere.png"], away);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^error: nowhere\.png cannot be read/);
    // Its retries take some seconds.
    const unreachable = await cli(["models"], away);
    expect(unreachable.code).toBe(5);
    expect(unreachable.stderr).toMatch(
      /^error: GET http:\/\/127\.0\.0\.1:1\/v1\/models cannot be reached: .+\n +\(check SIGHTLINE_URL, .+ and the connection\)\n$/m,
    );
  });
});
