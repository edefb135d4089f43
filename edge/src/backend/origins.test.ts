import { ModelId } from "@sightline/shared/ids";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configFrom, type Env } from "../env.ts";
import { env } from "../testing/client.ts";
import { inOrder, Origin } from "./origins.ts";
import { distance, Region, regionOf } from "./regions.ts";

const origin = (id: string, more: object = {}) => Origin.parse({ id, url: `https://${id}.example.com`, ...more });
const ids = (origins: readonly Origin[]) => origins.map(({ id }) => id);
const ANY = { model: ModelId.parse("emoji-dual"), region: undefined };
const FRANKFURT = origin("frankfurt", { region: "europe" });
const VIRGINIA = origin("virginia", { region: "north-america" });
const SYDNEY = origin("sydney", { region: "oceania" });

describe("the order in which origins are asked", () => {
  it.each([
    ["europe", ["frankfurt", "virginia", "sydney"]],
    ["south-america", ["virginia", "frankfurt", "sydney"]],
    ["asia", ["sydney", "frankfurt", "virginia"]],
  ] as const)("is by nearness to %s", (region, order) => {
    expect(ids(inOrder([SYDNEY, VIRGINIA, FRANKFURT], { ...ANY, region }, Math.random))).toEqual(order);
  });

  it("leaves out those that do not serve the model", () => {
    const small = origin("small", { models: ["emoji-dual"] });
    const model = ModelId.parse("clip-vit-base-patch32");
    expect(ids(inOrder([small, FRANKFURT], { ...ANY, model }, Math.random))).toEqual(["frankfurt"]);
    expect(inOrder([small], { ...ANY, model }, Math.random)).toEqual([]);
  });

  it("takes one that lies nowhere in particular for as near as the nearest", () => {
    const anycast = origin("anycast");
    const first = (random: number) => ids(inOrder([FRANKFURT, anycast], { ...ANY, region: "europe" }, () => random))[0];
    expect(first(0.5)).toBe("frankfurt");
    let draw = 0;
    const rising = () => (draw += 0.3);
    expect(ids(inOrder([FRANKFURT, anycast, VIRGINIA], { ...ANY, region: "europe" }, rising))).toEqual([
      "anycast",
      "frankfurt",
      "virginia",
    ]);
  });

  it("is by weight inside a region: who weighs three times as much comes first three times as often", () => {
    const pair = [origin("light"), origin("heavy", { weight: 3 })];
    let heavyFirst = 0;
    const draws = 200;
    // Every point of a grid over both draws: no luck involved.
    for (let i = 0; i < draws; i++) {
      for (let j = 0; j < draws; j++) {
        const both = [(i + 0.5) / draws, (j + 0.5) / draws];
        if (inOrder(pair, ANY, () => both.shift() ?? 0)[0]?.id === "heavy") heavyFirst++;
      }
    }
    expect(heavyFirst / draws ** 2).toBeCloseTo(0.75, 2);
  });

  it("holds each of them once", () => {
    const anyOrigin = fc.record({
      region: fc.option(fc.constantFrom(...Region.options), { nil: undefined }),
      weight: fc.double({ min: 0.01, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(anyOrigin, { maxLength: 8 }),
        fc.constantFrom(undefined, ...Region.options),
        (list, region) => {
          const origins = list.map((more, i) => origin(`o${i}`, more));
          expect(ids(inOrder(origins, { ...ANY, region }, Math.random)).sort()).toEqual(ids(origins).sort());
        },
      ),
    );
  });
});

describe("regions", () => {
  it("are where the platform says that the caller is", () => {
    expect(["EU", "AN", "T1", undefined].map(regionOf)).toEqual(["europe", "south-america", undefined, undefined]);
  });

  it.each(Region.options)("know all others, seen from %s", (from) => {
    const distances = Region.options.map((to) => distance(from, to));
    expect(distances.sort()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(distance(from, from)).toBe(0);
  });
});

describe("the configuration", () => {
  const url = "https://backend.example.com";
  const { BACKEND_URL: _, ...rest } = env;
  const configured = (variables: object) => configFrom({ ...rest, ...variables } as unknown as Env).origins;

  it("names one origin by its address alone", () => {
    expect(configured({ BACKEND_URL: url })).toEqual([{ id: "default", url, weight: 1 }]);
  });

  it("names several as JSON", () => {
    const list = [
      { id: "a", url, region: "asia", weight: 2, models: ["emoji-dual"] },
      { id: "b", url },
    ];
    expect(configured({ BACKEND_ORIGINS: JSON.stringify(list) })).toEqual([list[0], { ...list[1], weight: 1 }]);
  });

  it.each([
    ["neither", {}, /BACKEND_URL: set either this or BACKEND_ORIGINS/],
    ["both", { BACKEND_URL: url, BACKEND_ORIGINS: `[{"id":"a","url":"${url}"}]` }, /BACKEND_URL: set either/],
    ["no JSON", { BACKEND_ORIGINS: "a,b" }, /BACKEND_ORIGINS: is not JSON/],
    ["none", { BACKEND_ORIGINS: "[]" }, /BACKEND_ORIGINS: /],
    ["another protocol", { BACKEND_ORIGINS: '[{"id":"a","url":"ftp://x"}]' }, /BACKEND_ORIGINS\.0\.url: /],
    ["no known region", { BACKEND_ORIGINS: `[{"id":"a","url":"${url}","region":"mars"}]` }, /\.0\.region: /],
    ["a misspelt field", { BACKEND_ORIGINS: `[{"id":"a","url":"${url}","wieght":1}]` }, /"wieght"/],
    ["one id twice", { BACKEND_ORIGINS: `[{"id":"a","url":"${url}"},{"id":"a","url":"${url}"}]` }, /the same id/],
  ])("with %s stops the worker by name", (_, variables, message) => {
    expect(() => configured(variables)).toThrow(message);
  });
});
