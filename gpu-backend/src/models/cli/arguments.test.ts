import { expect, it } from "vitest";
import { parseArguments } from "./arguments.ts";

it("reads a command with its options, in any order", () => {
  const expected = {
    command: "pull",
    id: "acme-clip",
    variants: ["int8", "fp32"],
    json: false,
    dir: "/models",
    catalogue: undefined,
  };
  const options = ["--variant", "int8", "--variant=fp32", "--dir", "/models"];
  expect(parseArguments(["pull", "acme-clip", ...options])).toEqual(expected);
  expect(parseArguments([...options, "pull", "acme-clip"])).toEqual(expected);
});

it("takes no command, and --help with any, as a question", () => {
  for (const args of [[], ["help"], ["--help"], ["pull", "-h"], ["push", "--help"]])
    expect(parseArguments(args).command).toBe("help");
});

it.each<[string[], string]>([
  [["push"], 'there is no command "push"'],
  [["toString"], 'there is no command "toString"'],
  [["pull"], "pull what? It needs the id of a model"],
  [["remove"], "remove what?"],
  [["pull", "a", "b"], '"b" is one argument too many'],
  [["list", "a"], '"a" is one argument too many'],
  [["pull", "a", "--variant", "fp8"], 'there is no variant "fp8". There are: fp32, fp16, int8'],
  [["list", "--variant", "int8"], "list takes no --variant"],
  [["verify", "--json"], "verify takes no --json"],
  [["list", "--speed"], "Unknown option '--speed'"],
  [["list", "--dir"], "argument missing"],
])("refuses %j", (args, message) => {
  expect(() => parseArguments(args)).toThrow(message);
});
