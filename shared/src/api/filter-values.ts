/**
 * The values of one field of an item, as the conditions of a filter ask for them: 64 conditions of 100 values each, on a list of
 * 8,000 numbers, must not cost the product. What is asked often is a look-up; the list is walked once, and sorted once at most.
 */
interface Bounds {
  readonly gt?: number | undefined;
  readonly gte?: number | undefined;
  readonly lt?: number | undefined;
  readonly lte?: number | undefined;
}

export class FieldValues {
  readonly #values: ReadonlySet<unknown>;
  #ascending: readonly number[] | undefined;

  /** @param value a list counts as its elements; null is no value. */
  constructor(value: unknown) {
    this.#values = new Set((Array.isArray(value) ? value : [value]).filter((v) => v !== null && v !== undefined));
  }

  get size(): number {
    return this.#values.size;
  }

  has(value: string | number | boolean): boolean {
    return this.#values.has(value);
  }

  /** Whether one number lies within all the bounds at once. */
  hasWithin({ gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity }: Bounds): boolean {
    this.#ascending ??= [...this.#values].filter((value) => typeof value === "number").sort((a, b) => a - b);
    const least = firstOf(this.#ascending, (value) => value > gt && value >= gte);
    return least !== undefined && least < lt && least <= lte;
  }
}

/** The first for which `holds`, by bisection: it holds for all that follow, too. */
function firstOf(ascending: readonly number[], holds: (value: number) => boolean): number | undefined {
  let [from, to] = [0, ascending.length];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const value = ascending[middle];
    if (value !== undefined && holds(value)) to = middle;
    else from = middle + 1;
  }
  return ascending[from];
}
