import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { OperationOf } from "../api/operations.ts";
import { toCurl } from "./curl.ts";
import { fileNames } from "./pictures.ts";
import { toTypeScript } from "./typescript.ts";

const folder = mkdtempSync(join(tmpdir(), "curl "));
afterAll(() => rmSync(folder, { recursive: true }));

const NAME = "it's a `$HOME` \\ apple.png";
const BYTES = Buffer.from([1, 2, 3, 250]);
writeFileSync(join(folder, NAME), BYTES);
// A curl that says what it was given.
const CURL = `curl() { printf '%s\\0' "$@"; cat; }`;

const picture = { name: NAME, encoded: "data:image/png;base64,AQID", blob: new Blob() };
const names = fileNames([picture]);

/** What the shell hands to curl. */
function run(command: string): { args: string[]; body: unknown } {
  const output = execFileSync("sh", ["-c", `${CURL}\n${command}\n`], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env.PATH, SIGHTLINE_API_KEY: "sl_secret", HOME: "/wrong" },
  });
  const parts = output.split("\0");
  return { args: parts.slice(0, -1), body: JSON.parse(parts.at(-1) ?? "") };
}

const classify = (labels: string[], image?: string): OperationOf<"classify"> => ({
  kind: "classify",
  body: { input: image === undefined ? "a text" : { image }, labels },
});

// Each of what a shell would expand or end a quotation by.
const nasty = fc.string({
  unit: fc.constantFrom("'", '"', "$", "`", "\\", "(", ")", "\n", "JSON", "果", " ", "!", "x"),
});

describe("the curl command", () => {
  it("gives curl the address, the key of the environment, and the body", () => {
    expect(run(toCurl(classify(["a"]), "https://api.example.com/", names))).toEqual({
      args: [
        "https://api.example.com/v1/classify",
        ...["-H", "Authorization: Bearer sl_secret"],
        ...["-H", "Content-Type: application/json"],
        ...["-d", "@-"],
      ],
      body: { input: "a text", labels: ["a"] },
    });
  });

  it("reads pictures from their files, whatever they are called", () => {
    const { body } = run(toCurl(classify(["a", picture.encoded.slice(0, 9)], picture.encoded), "https://x/", names));
    expect(body).toEqual({ input: { image: BYTES.toString("base64") }, labels: ["a", "data:imag"] });
  });

  it("hands over every text as it is, with and without pictures", () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 3 }), fc.boolean(), (labels, hasPicture) => {
        const command = toCurl(classify(labels, hasPicture ? picture.encoded : undefined), "https://x/", names);
        expect(run(command).body).toMatchObject({ labels });
      }),
      { numRuns: 40 },
    );
  });
});

describe("the TypeScript", () => {
  it("names pictures by their files and leaves the key to the environment", () => {
    expect(
      toTypeScript(
        classify(["fruit", "animal"], picture.encoded),
        "https://x",
        fileNames([{ ...picture, name: "a.png" }]),
      ),
    ).toBe(`import { Sightline } from "sightline";

// The key comes from SIGHTLINE_API_KEY.
const sightline = new Sightline({ baseUrl: "https://x" });
const { data } = await sightline.classify({ input: { file: "a.png" }, labels: ["fruit", "animal"] });
console.log(data[0].labels);`);
  });

  it("parts a search into its query and its options", () => {
    const search: OperationOf<"search"> = {
      kind: "search",
      collection: "emoji",
      body: { query: ["red", { image: picture.encoded }], negative: [{ id: "1" }], top_k: 24 },
    };
    expect(toTypeScript(search, "https://x", names)).toContain(
      `search(["red", { file: ${JSON.stringify(NAME)} }], { negative: [{ id: "1" }], top_k: 24 });`,
    );
  });
});
