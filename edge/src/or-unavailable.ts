/** What becomes of a request that cannot go on without a store that is away. */
import { ApiError } from "@sightline/shared/errors";

const RETRY_AFTER_SECONDS = 5;

/** @throws ApiError(store_unavailable) in the place of whatever the work failed with, which is for the logs. */
export async function orUnavailable<T>(
  work: () => Promise<T>,
  about: { readonly message: string; readonly param?: string },
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ApiError("store_unavailable", { ...about, retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
  }
}
