import { describe, expect, it } from "vitest";
import { blocksOf, printedBy } from "./blocks.ts";

describe("code blocks", () => {
  it("are found with their language and line, also those that show fences themselves", () => {
    const text = "# A\n\n```sh\nls\n\nls -l\n```\ntext\n````md\n```ts\nx\n```\n````\n```\nplain\n```\n";
    expect(blocksOf(text)).toEqual([
      { line: 3, language: "sh", code: "ls\n\nls -l", notRun: undefined },
      { line: 9, language: "md", code: "```ts\nx\n```", notRun: undefined },
      { line: 14, language: "", code: "plain", notRun: undefined },
    ]);
  });

  it("say why they are not run, only right above them", () => {
    const text = "<!-- not run: needs a cloud account -->\n```sh\na\n```\n<!-- not run: nothing -->\n\n```sh\nb\n```\n";
    expect(blocksOf(text).map(({ notRun }) => notRun)).toEqual(["needs a cloud account", undefined]);
  });

  it("that do not end are an error", () => {
    expect(() => blocksOf("```sh\nls\n")).toThrow("line 1");
  });

  it("tell what they print", () => {
    expect(printedBy('a();\nconsole.log(a); // 1\n  console.log("x") // two words\n// console\n')).toEqual([
      "1",
      "two words",
    ]);
  });
});
