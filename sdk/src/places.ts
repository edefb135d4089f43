/** Places in a list: the API counts in the call, the caller in the list that it gave. */

/** `items[3].image` becomes `items[259].image`, wherever the text speaks of that list. */
export const shiftPlaces = (text: string, list: string, by: number): string =>
  text.replaceAll(new RegExp(`\\b${list}\\[(\\d+)\\]`, "g"), (_, place) => `${list}[${Number(place) + by}]`);
