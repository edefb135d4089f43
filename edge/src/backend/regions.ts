/** Where origins lie and callers are, as coarse as a choice between origins needs it: one region per continent. */
import { z } from "zod";

export const Region = z.enum(["africa", "asia", "europe", "north-america", "oceania", "south-america"]);
export type Region = z.infer<typeof Region>;

/** Cloudflare's two-letter continents. Antarctica's cables and satellites end in the south of America. */
const CONTINENTS: Readonly<Record<string, Region>> = {
  AF: "africa",
  AN: "south-america",
  AS: "asia",
  EU: "europe",
  NA: "north-america",
  OC: "oceania",
  SA: "south-america",
};

/** The other regions, nearest first, by where the submarine cables run: Africa and South America are reached by way of the north. */
const NEIGHBOURS: Readonly<Record<Region, readonly Region[]>> = {
  africa: ["europe", "asia", "north-america", "south-america", "oceania"],
  asia: ["oceania", "europe", "north-america", "africa", "south-america"],
  europe: ["north-america", "africa", "asia", "south-america", "oceania"],
  "north-america": ["europe", "south-america", "asia", "oceania", "africa"],
  oceania: ["asia", "north-america", "europe", "south-america", "africa"],
  "south-america": ["north-america", "europe", "africa", "oceania", "asia"],
};

/** @param continent `request.cf.continent`. @returns undefined if the platform does not say. */
export const regionOf = (continent: unknown): Region | undefined =>
  typeof continent === "string" ? CONTINENTS[continent] : undefined;

/** How far apart: 0 for the same region. Who lies nowhere in particular, as an anycast address, is near to all. */
export const distance = (from: Region | undefined, to: Region | undefined): number =>
  from === undefined || to === undefined ? 0 : NEIGHBOURS[from].indexOf(to) + 1;
