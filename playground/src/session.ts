/** Which API key the page uses: kept for this tab only, offered by the local stack, else asked of the person. */
import { ApiFailure } from "./api/failure.ts";

const STORAGE_KEY = "sightline.api_key";

/** No key is at hand that the API accepts; `message` is what the API said about the last one, if there was one. */
export class KeyNeeded extends Error {
  override readonly name = "KeyNeeded";
}

/** Whether it can be a key at all: a header carries no invisible characters and no curly quotes, and a key has no spaces. */
export const isPossibleKey = (key: string): boolean => /^[!-~]+$/.test(key);

export interface Session {
  /** The tab's key, else the local stack's; undefined when neither is there. */
  open(): Promise<string | undefined>;
  /** The local stack's key; undefined where there is no such stack. */
  offered(): Promise<string | undefined>;
  use(key: string): void;
  /**
   * Makes a call with the key. A refused key is replaced once, because a local stack that was set up afresh offers
   * another one.
   * @throws KeyNeeded; whatever else the call throws.
   */
  authorised<T>(call: (key: string) => Promise<T>): Promise<T>;
}

interface SessionOptions {
  readonly storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  readonly fetch: typeof fetch;
}

export function createSession({ storage, fetch }: SessionOptions): Session {
  /** Forgets a key that the API refuses. @throws the error itself when it is about something else. */
  function refused(key: string, error: unknown): KeyNeeded {
    if (!(error instanceof ApiFailure && error.status === 401)) throw error;
    // The person may have entered another key in the meantime; that one is not to be forgotten.
    if (storage.getItem(STORAGE_KEY) === key) storage.removeItem(STORAGE_KEY);
    return new KeyNeeded(error.message, { cause: error });
  }

  const session: Session = {
    async open() {
      const stored = storage.getItem(STORAGE_KEY);
      if (stored && isPossibleKey(stored)) return stored;
      const offered = await session.offered();
      if (offered) session.use(offered);
      return offered;
    },

    offered: () => localStackKey(fetch),

    use(key) {
      storage.setItem(STORAGE_KEY, key);
    },

    async authorised(call) {
      const key = await session.open();
      if (!key) throw new KeyNeeded("");
      try {
        return await call(key);
      } catch (error) {
        const refusal = refused(key, error);
        const other = await session.open();
        if (!other || other === key) throw refusal;
        return call(other).catch((again: unknown) => {
          throw refused(other, again);
        });
      }
    },
  };
  return session;
}

/** The demo key of the stack on one's own machine. Deployments answer 404: that is no failure. */
async function localStackKey(fetch: SessionOptions["fetch"]): Promise<string | undefined> {
  try {
    const response = await fetch("dev/session");
    const body: unknown = response.ok ? await response.json() : undefined;
    const offers = typeof body === "object" && body !== null && "api_key" in body;
    return offers && typeof body.api_key === "string" ? body.api_key : undefined;
  } catch {
    return undefined;
  }
}
