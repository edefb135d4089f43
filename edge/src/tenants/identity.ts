/**
 * From an Authorization header to a tenant. The directory is asked at most every 30 s per key and isolate: that bounds
 * how long a revoked key or a suspended tenant goes on, and how long a known key works while the directory is away.
 */
import { digestApiKey, parseApiKey } from "@sightline/shared/api-key";
import { ApiError } from "@sightline/shared/errors";
import { LRUCache } from "lru-cache";
import type { Identity } from "./directory.ts";

export const IDENTITY_TTL_MS = 30_000;

interface Directory {
  /** @throws if the directory cannot be reached. */
  identify(digest: string): Promise<Identity | undefined>;
}

interface Known {
  readonly identity: Identity;
  readonly at: number;
}

/** Lives as long as the isolate. Unknown keys are not remembered: a key works as soon as it is created. */
export class Identities {
  readonly #known = new LRUCache<string, Known>({ max: 10_000 });
  readonly #pepper: string;
  readonly #now: () => number;

  constructor(pepper: string, now: () => number = Date.now) {
    this.#pepper = pepper;
    this.#now = now;
  }

  /**
   * @throws ApiError(invalid_api_key), the same for a missing, malformed, unknown, expired and revoked key;
   *   tenant_suspended; identity_unavailable.
   */
  async identify(authorization: string | undefined, directory: Directory): Promise<Identity> {
    const token = bearerToken(authorization);
    const apiKey = token === undefined ? undefined : parseApiKey(token);
    if (!apiKey) throw new ApiError("invalid_api_key");
    const identity = await this.#lookUp(await digestApiKey(this.#pepper, apiKey.key), directory);
    if (!identity || this.#hasExpired(identity)) throw new ApiError("invalid_api_key");
    if (identity.status === "suspended") throw new ApiError("tenant_suspended");
    return identity;
  }

  async #lookUp(digest: string, directory: Directory): Promise<Identity | undefined> {
    // Not the cache's own TTL: its clock rests on timers, which workerd drops when a request ends.
    const known = this.#known.get(digest);
    if (known && this.#now() - known.at < IDENTITY_TTL_MS) return known.identity;
    const identity = await directory.identify(digest).catch((cause: unknown) => {
      throw new ApiError("identity_unavailable", { cause, retryAfterSeconds: 5 });
    });
    if (identity) this.#known.set(digest, { identity, at: this.#now() });
    else this.#known.delete(digest);
    return identity;
  }

  /** Looked at in each request: an expiry is exact, also for an isolate that knows the key. */
  #hasExpired({ expiresAt }: Identity): boolean {
    return expiresAt !== null && Date.parse(expiresAt) <= this.#now();
  }
}

/** RFC 6750: the scheme is case-insensitive. */
export const bearerToken = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
