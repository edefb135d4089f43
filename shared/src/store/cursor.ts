/**
 * The cursor of a scroll: a position among a scope's points, and a mark of that scope. A cursor from elsewhere would do no
 * harm, since every read is confined to its own scope, but it would silently leave out what lies before its position.
 */
import { sha256Hex } from "../digest.ts";
import { ApiError } from "../errors.ts";
import { PointId } from "./point-id.ts";
import type { Scope } from "./port.ts";

/** Hex digits of the mark. Not a signature: who forges a cursor gets a position among points of his own. */
const MARK_DIGITS = 16;

const markOf = async ({ tenant, collection }: Scope): Promise<string> =>
  (await sha256Hex(`cursor/${tenant}/${collection}`)).slice(0, MARK_DIGITS);

export async function writeCursor(scope: Scope, position: PointId): Promise<string> {
  return position.replaceAll("-", "") + (await markOf(scope));
}

/** @throws ApiError(invalid_cursor) if it was not given out in this scope. */
export async function readCursor(scope: Scope, cursor: string): Promise<PointId> {
  const [, hex, mark] = /^([0-9a-f]{32})([0-9a-f]+)$/.exec(cursor) ?? [];
  const position = PointId.safeParse(hex?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"));
  if (!position.success || mark !== (await markOf(scope))) throw new ApiError("invalid_cursor");
  return position.data;
}
