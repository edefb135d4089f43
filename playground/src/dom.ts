/** Finding the elements that the HTML promises. */

/** @throws Error when the element is missing: page and script do not belong together. */
export function find<T extends Element>(selector: string, type: new () => T, within: ParentNode = document): T {
  const element = within.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`The page has no ${type.name} at ${selector}.`);
  return element;
}
