import { describe, expect, it } from "vitest";
import { formatRoute, PANELS, parseRoute } from "./route.ts";

describe("addresses", () => {
  it.each(PANELS)("come back as they were: %s", (panel) => {
    for (const query of ["", "q=a+b&t=%E5%9B%BE", "q=%3F%23"]) {
      expect(parseRoute(formatRoute({ panel, query }))).toEqual({ panel, query });
    }
  });

  it.each(["", "#", "#/", "#/nowhere", "#search", "#/search/x"])("of nothing we know are the search: %j", (hash) => {
    expect(parseRoute(hash)).toEqual({ panel: "search", query: "" });
  });
});
