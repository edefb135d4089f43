/** Redis' glob patterns over byte strings: `*`, `?`, `[a-c]`, `[^a]` and `\x` for a literal. */
import type { ByteString } from "../reply.ts";

/** An escaped character, a class, or any other character. */
const TOKEN = /\\(.)|\[(\^?)((?:\\.|[^\]\\])*)\]|(.)/gs;
/** Inside a class: an escaped character, a range, or any other character. */
const MEMBER = /\\(.)|(.)-(.)|(.)/gs;

/** https://redis.io/docs/latest/commands/keys/ */
export function globToRegExp(pattern: ByteString): RegExp {
  const source = pattern.replace(
    TOKEN,
    (_token, escaped?: string, negation?: string, members?: string, plain?: string) => {
      if (escaped !== undefined) return literal(escaped);
      if (members !== undefined) return characterClass(members, negation === "^");
      if (plain === "*") return ".*";
      if (plain === "?") return ".";
      return literal(plain ?? "");
    },
  );
  return new RegExp(`^${source}$`, "s");
}

/** `[]` matches nothing and `[^]` anything, in Redis as in JavaScript. */
function characterClass(members: string, isNegated: boolean): string {
  const inner = members.replace(MEMBER, (_token, escaped, from, to, plain) => {
    if (escaped !== undefined) return literal(escaped);
    if (from === undefined) return literal(plain);
    return from <= to ? `${literal(from)}-${literal(to)}` : `${literal(to)}-${literal(from)}`;
  });
  return `[${isNegated ? "^" : ""}${inner}]`;
}

function literal(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
