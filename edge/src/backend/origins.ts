/** The backend's origins: what the operator says of each, and in which order a call asks them. */
import { ModelId } from "@sightline/shared/ids";
import { z } from "zod";
import { distance, Region } from "./regions.ts";

export const Origin = z.strictObject({
  /** For logs. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
  url: z.url({ protocol: /^https?$/ }),
  /** Without one it is as near as any, as an anycast address is. */
  region: Region.optional(),
  /** Its share of the calls among the origins of its region. */
  weight: z.number().positive().default(1),
  /** The models that are asked for there; all without this. */
  models: z.array(ModelId).min(1).optional(),
});
export type Origin = Readonly<z.infer<typeof Origin>>;

export const OriginList = z
  .array(Origin)
  .min(1)
  .refine((origins) => new Set(origins.map(({ id }) => id)).size === origins.length, "two origins have the same id");

export const mayServe = ({ models }: Origin, model: ModelId): boolean => models?.includes(model) ?? true;

export interface Wish {
  /** Absent: any origin will do. */
  readonly model: ModelId | undefined;
  /** Of the caller. */
  readonly region: Region | undefined;
}

/**
 * The origins that may serve the model: nearest region first, and inside a region at random by weight. Who fails is followed
 * by the next.
 *
 * @param random uniform in [0, 1).
 */
export function inOrder<O extends Origin>(
  origins: readonly O[],
  { model, region }: Wish,
  random: () => number,
): readonly O[] {
  return (
    origins
      .filter((origin) => model === undefined || mayServe(origin, model))
      // Efraimidis and Spirakis 2006: sorting by u^(1/w) is drawing by weight without putting back.
      .map((origin) => ({ origin, far: distance(region, origin.region), draw: random() ** (1 / origin.weight) }))
      .sort((a, b) => a.far - b.far || b.draw - a.draw)
      .map(({ origin }) => origin)
  );
}
