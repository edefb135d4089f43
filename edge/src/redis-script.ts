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
