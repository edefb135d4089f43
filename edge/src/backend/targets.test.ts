import { ModelId, Revision } from "@sightline/shared/ids";
import { describe, expect, it } from "vitest";
import { Breaker } from "./breaker.ts";
import { Origin } from "./origins.ts";
import { servingFirst, type Target } from "./targets.ts";

const target = (id: string, serves?: readonly string[]): Target => ({
  ...Origin.parse({ id, url: `https://${id}.example.com` }),
  breaker: new Breaker(() => 0),
  ...(serves && { serves: new Set(serves) }),
});

describe("a revision that has not arrived everywhere", () => {
  it("is asked for where it is, then where it may be by now", () => {
    const order = [target("old", ["m@1"]), target("new", ["m@1", "m@2"]), target("unknown")];
    const wanted = { id: ModelId.parse("m"), revision: Revision.parse("2") };
    expect(servingFirst(order, wanted).map(({ id }) => id)).toEqual(["new", "unknown", "old"]);
  });
});
