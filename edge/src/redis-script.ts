/** A Lua script and the name under which Redis remembers it. Made once, used by all requests. */
import { toHex } from "@sightline/shared/digest";

export class Script {
  readonly lua: string;
  /** The value and not its promise: a promise of one request must not be awaited by another. */
  #digest: string | undefined;

  constructor(lua: string) {
    this.lua = lua;
  }

  /** SHA-1 of the text, in hex. */
  async digest(): Promise<string> {
    this.#digest ??= toHex(new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(this.lua))));
    return this.#digest;
  }
}

/**
 * KEYS: any · ARGV: 1 the field that is wanted, if they are hashes. Returns the value of each. Scripts run where writes do: plain
 * reads may be answered by a replica, from a moment before.
 */
export const LATEST = new Script(`
local values = {}
for i = 1, #KEYS do
  if ARGV[1] then
    values[i] = redis.call('HGET', KEYS[i], ARGV[1])
  else
    values[i] = redis.call('GET', KEYS[i])
  end
end
return values
`);

/** KEYS: any · ARGV: 1 a value. Deletes those that hold it: what a call has claimed, and nobody else since. */
export const RELEASE = new Script(`
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
end
return 1
`);
