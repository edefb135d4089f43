/** A stream of writes that depends on its seed alone: what the crash test's writer does and what its checker expects. */
import { ModelId, Revision } from "@sightline/shared/ids";
import { itemId, point, scope, seededRandom, vectorOf } from "@sightline/shared/store/conformance/fixtures";
import type { Point } from "@sightline/shared/store/port";

export const SPACE = { id: ModelId.parse("crash-test"), revision: Revision.parse("1"), dims: 8 } as const;
export const SCOPE = scope("tenant", "things");
export const ITEMS = 500;

export interface Operation {
  readonly kind: "upsert" | "delete";
  readonly items: readonly number[];
  readonly version: number;
}

/** Endless: overwrites and deletes of the same few items, in batches of up to 40. */
export function* operations(seed: number): Generator<Operation, never> {
  const random = seededRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  for (let n = 0; ; n++) {
    const items = [...new Set(Array.from({ length: 1 + below(40) }, () => below(ITEMS)))];
    yield { kind: below(10) < 7 ? "upsert" : "delete", items, version: 1000 * seed + n };
  }
}

export const idOf = (item: number) => itemId(`item-${item}`);

/** Vector and metadata both tell item and version, so that no mix-up can hide. */
export const pointOf = (item: number, version: number): Point =>
  point(idOf(item), { vector: vectorOf(ITEMS * version + item), metadata: { item, version } });
