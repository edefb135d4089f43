import { build } from "vite";
import { describe, expect, it } from "vitest";
import { PAGE_SOURCES, PLAYGROUND } from "./page.ts";

describe("the page's sources", () => {
  it("are all that the bundle holds of ours, so that a change of any of them builds it anew", async () => {
    const bundle = await build({ root: PLAYGROUND, logLevel: "silent", build: { write: false } });
    if (!("output" in bundle)) throw new Error("one build has one output");
    const modules = bundle.output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []));
    const ours = modules.filter((id) => id.startsWith("/") && !id.includes("/node_modules/"));
    expect(ours.length).toBeGreaterThan(50);
    const outside = ours.filter((id) => !PAGE_SOURCES.some((folder) => id.startsWith(`${folder}/`)));
    expect(outside).toEqual([]);
  });
});
