/** Payload keys as Qdrant reads them: `a.b`, `a."with.dot"`, `a[0]`, `a[]`. A list is never entered without brackets. */

type Step = { readonly kind: "key"; readonly name: string } | { readonly kind: "index"; readonly at: number | "all" };

const NAME = /^(?:([\p{Alphabetic}\p{N}_-]+)|"([^"\\]*)")/u;
const INDEX = /^\[(\d*)\]/;

/** @returns undefined if Qdrant would refuse the key. */
export function parseJsonPath(key: string): readonly Step[] | undefined {
  const steps: Step[] = [];
  let rest = `.${key}`;
  while (rest !== "") {
    const index = steps.length > 0 ? INDEX.exec(rest) : null;
    const name = rest.startsWith(".") ? NAME.exec(rest.slice(1)) : null;
    if (index) steps.push({ kind: "index", at: index[1] === "" ? "all" : Number(index[1]) });
    else if (name) steps.push({ kind: "key", name: name[1] ?? name[2] ?? "" });
    else return undefined;
    rest = rest.slice(index ? index[0].length : 1 + (name?.[0].length ?? 0));
  }
  return steps;
}

/** @returns the values that the path leads to: none if there is nothing, several after `[]`. */
export function valuesAt(payload: unknown, steps: readonly Step[]): unknown[] {
  const [step, ...rest] = steps;
  if (!step) return [payload];
  if (step.kind === "index") {
    if (!Array.isArray(payload)) return [];
    const chosen = step.at === "all" ? payload : payload.slice(step.at, step.at + 1);
    return chosen.flatMap((value) => valuesAt(value, rest));
  }
  const isObject = typeof payload === "object" && payload !== null && !Array.isArray(payload);
  if (!isObject || !Object.hasOwn(payload, step.name)) return [];
  return valuesAt((payload as Record<string, unknown>)[step.name], rest);
}
