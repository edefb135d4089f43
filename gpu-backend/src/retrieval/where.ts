/** The one place where zvec filter expressions are written, so that none can be without its scope. */
import type { Modality } from "@sightline/shared/api/collections";
import type { PointId } from "@sightline/shared/store/point-id";
import type { Scope } from "@sightline/shared/store/port";

export interface Where {
  readonly scope: Scope;
  readonly modality?: Modality | undefined;
  readonly keys?: readonly PointId[] | undefined;
  readonly buckets?: readonly string[] | undefined;
}

/** Neither part can hold a `/`. */
export const scopeValue = ({ tenant, collection }: Scope): string => `${tenant}/${collection}`;

export function filterOf({ scope, modality, keys, buckets }: Where): string {
  const conditions = [`scope = ${quote(scopeValue(scope))}`];
  if (modality) conditions.push(`modality = ${quote(modality)}`);
  if (keys) conditions.push(`key in (${keys.map(quote).join(",")})`);
  if (buckets) conditions.push(`bucket in (${buckets.map(quote).join(",")})`);
  return conditions.join(" and ");
}

/** Of everybody, for copies of a whole space: nothing of it may reach a caller. */
export const filterOfBuckets = (buckets: readonly string[]): string => `bucket in (${buckets.map(quote).join(",")})`;

/** zvec has no escapes. What comes here is made of ids whose types rule a quote out; this makes sure. */
function quote(value: string): string {
  if (!/^[a-z0-9_/-]+$/.test(value)) throw new RangeError("a value that cannot stand in a zvec filter");
  return `'${value}'`;
}
