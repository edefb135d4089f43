/** A statement → the token ids that an OFA reads. */
import { ApiError } from "@sightline/shared/errors";
import type { OfaManifest } from "../manifest.ts";
import { openTokenizer } from "../tokenizer-file.ts";
import { promptOf, type Statement } from "./prompt.ts";

interface EncodedStatement {
  /** The whole prompt, `<s>` and `</s>` included; at most as many as the model has positions. */
  readonly ids: Int32Array;
  readonly truncated: boolean;
}

export interface StatementTokenizer {
  /** @throws ApiError(empty_input | text_too_long), its `param` a field of the statement. */
  encode(statement: Statement): EncodedStatement;
  /** The highest id that `encode` can give. */
  readonly maxId: number;
}

/**
 * @param json the text of the model's `tokenizer.json`.
 * @throws Error as `openTokenizer`, or if its ids for start and end are not the manifest's.
 */
export function loadStatementTokenizer(
  json: string,
  manifest: Pick<OfaManifest, "prompts" | "text">,
): StatementTokenizer {
  const { context_length: contextLength, begin_id: begin, end_id: end } = manifest.text;
  const { idsOf, maxId } = openTokenizer(json);
  const bare = idsOf("");
  if (bare.join() !== [begin, end].join())
    throw new Error(`it puts [${bare.join(", ")}] around a text, and the manifest's tokens are [${begin}, ${end}]`);

  return {
    encode(statement) {
      const { text, truncated } = promptOf(statement, manifest);
      const ids = idsOf(text);
      if (ids.length <= contextLength) return { ids, truncated };
      // Cut short, the prompt would lose its question. So it is not cut at all.
      const { caption, hypothesis } = statement;
      const mostly = caption === undefined || idsOf(hypothesis).length > ids.length / 2 ? "hypothesis" : "caption";
      throw new ApiError("text_too_long", {
        param: mostly,
        message: `With its prompt it has ${ids.length} tokens; the model reads ${contextLength}.`,
      });
    },
    maxId,
  };
}
