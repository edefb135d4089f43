/**
 * Where a collection's points lie. That is not part of its record, because it changes by itself: a migration fills a second
 * place, the switch makes that the first, and neither may be undone by who changes a description at the same time.
 */
import { CollectionName, ModelId, Revision } from "@sightline/shared/ids";
import { z } from "zod";

export const Placement = z.object({
  model: ModelId,
  revision: Revision,
  dims: z.number().int().positive(),
  /** The name of the points in the space of that revision. Each place has one of its own, so that none begins with leftovers. */
  scope: CollectionName,
});
export type Placement = z.infer<typeof Placement>;

/** A second place, which gets every write that the first one gets, after it. */
export const Mirror = z.object({
  at: Placement,
  /** `next` is being filled; `previous` was left by a switch and is kept to go back to. */
  role: z.enum(["next", "previous"]),
  /** Milliseconds since 1970: writes that began earlier may know nothing of it. */
  since: z.number(),
});
export type Mirror = z.infer<typeof Mirror>;

export const Places = z.object({
  /** The id of the collection: one that was made later under the same name has nothing to do with this. */
  collection: CollectionName,
  current: Placement,
  mirror: Mirror.optional(),
  /** Left for good; what lies there is to be deleted. */
  left: z.array(Placement).default([]),
});
export type Places = z.infer<typeof Places>;

type Model = Pick<Placement, "model" | "revision">;
/** Vectors of one place may stand in the other. */
export const isSameModel = (a: Model, b: Model): boolean => a.model === b.model && a.revision === b.revision;

export const newScope = (): CollectionName => CollectionName.parse(`c${crypto.randomUUID().replaceAll("-", "")}`);
