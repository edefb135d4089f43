/**
 * How OFA is asked about a picture: texts cleaned as its training data were, in the manifest's prompt. Source: `pre_caption`
 * of OFA's data/ofa_dataset.py and data/mm_data/snli_ve_dataset.py; models/export/ofa_export/prompts.py is the same in Python.
 */
import { ApiError } from "@sightline/shared/errors";
import type { OfaManifest } from "../manifest.ts";
import { PYTHON_SPACE } from "../white-space.ts";

export interface Statement {
  readonly hypothesis: string;
  readonly caption?: string | undefined;
}

export interface Prompt {
  readonly text: string;
  /** The hypothesis or the caption had more words than the model was trained on; the rest was cut off. */
  readonly truncated: boolean;
}

const LEADING = /^[,.!?*#:;~]+/;
const SPACES = new RegExp(`${PYTHON_SPACE}{2,}`, "g");
const PLACE = /\{(hypothesis|caption)\}/g;

/** @returns the words that are kept, and whether all are. */
function clean(text: string, maxWords: number): Prompt {
  const words = text
    // A lone surrogate has no UTF-8.
    .toWellFormed()
    .toLowerCase()
    .replace(LEADING, "")
    .replace(/[-/]/g, " ")
    .replaceAll("<person>", "person")
    .replace(SPACES, " ")
    .replace(/\n+$/, "")
    .replace(/^ +| +$/g, "")
    .split(" ");
  return { text: words.slice(0, maxWords).join(" "), truncated: words.length > maxWords };
}

/**
 * @throws ApiError(empty_input), its `param` a field of the statement, if nothing is left of a text: a model that is asked
 * about nothing answers all the same.
 */
export function promptOf(
  statement: Statement,
  { prompts, text: { max_words: maxWords } }: Pick<OfaManifest, "prompts" | "text">,
): Prompt {
  const cleaned = (field: "hypothesis" | "caption", text: string): Prompt => {
    const found = clean(text, maxWords);
    if (found.text !== "") return found;
    throw new ApiError("empty_input", { param: field, message: `The ${field} has no words.` });
  };
  const hypothesis = cleaned("hypothesis", statement.hypothesis);
  if (statement.caption === undefined) return fill(prompts.without_caption, { hypothesis });
  return fill(prompts.with_caption, { hypothesis, caption: cleaned("caption", statement.caption) });
}

/** All places at once: a hypothesis may speak of `{caption}`. */
const fill = (template: string, parts: Readonly<Record<string, Prompt>>): Prompt => ({
  text: template.replace(PLACE, (_, place: string) => parts[place]?.text ?? ""),
  truncated: Object.values(parts).some(({ truncated }) => truncated),
});
