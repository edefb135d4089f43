/** The linkable state of panels that hold a sentence and a list of texts: `q=…&t=…&t=…`. */

export interface ListState {
  readonly sentence: string;
  readonly texts: readonly string[];
}

/** @param initial stands for whatever the address leaves out. */
export function parseList(query: string, initial: ListState): ListState {
  const params = new URLSearchParams(query);
  const texts = params.getAll("t");
  return { sentence: params.get("q") ?? initial.sentence, texts: texts.length > 0 ? texts : initial.texts };
}

export function formatList({ sentence, texts }: Partial<ListState>): string {
  const params = new URLSearchParams();
  if (sentence !== undefined) params.set("q", sentence);
  for (const text of texts ?? []) params.append("t", text);
  return params.toString();
}
