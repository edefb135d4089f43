/** The pairs of a call, each parsed alone: what is wrong with one is said of that one, and the others are judged. */
import { Pair } from "@sightline/shared/api/entailment";
import { type ParsedImage, parseImage } from "@sightline/shared/api/input";
import { ApiError } from "@sightline/shared/errors";
import { identityOf } from "../embeddings/embedding.ts";
import type { Identity } from "../embeddings/task.ts";
import { explain } from "../http/explain.ts";

/** A picture, and what tells it from others: pairs of one picture are to have it once. */
export interface KnownImage {
  readonly image: ParsedImage;
  readonly identity: Identity;
}

export interface ParsedPair extends KnownImage {
  readonly hypothesis: string;
  readonly caption: string | undefined;
}

/** @returns one per pair, in order. */
export const parsePairs = (pairs: readonly unknown[]): Promise<(ParsedPair | ApiError)[]> =>
  Promise.all(
    pairs.map((raw, i) =>
      parseOne(raw, i).catch((error: unknown) => {
        if (error instanceof ApiError) return error;
        throw error;
      }),
    ),
  );

async function parseOne(raw: unknown, index: number): Promise<ParsedPair> {
  const result = Pair.safeParse(raw);
  if (!result.success) throw explain(result.error, ["pairs", index]);
  return parsePair(result.data, `pairs[${index}].image`);
}

/** @param param where the picture stands in the request, for errors. @throws ApiError as `parseImage`. */
export async function parsePair({ image, hypothesis, caption }: Pair, param: string): Promise<ParsedPair> {
  const parsed = parseImage(image, param);
  return { image: parsed, identity: await identityOf(parsed), hypothesis, caption };
}

/** How many different pictures there are. */
export const imagesIn = (pairs: readonly KnownImage[]): number =>
  new Set(pairs.map(({ identity }) => identity.name)).size;
