/** What the operator's routes share. */
import { ApiError } from "@sightline/shared/errors";
import type { Context } from "hono";
import type { App } from "../../context.ts";
import { TenantDirectory } from "../../tenants/directory.ts";

export const directoryOf = (c: Context<App>): TenantDirectory => new TenantDirectory(c.var.redis);

/** @throws what `work` throws; ApiError(identity_unavailable) instead of an error of the directory's own. */
export async function asking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError("identity_unavailable", {
      message: "The directory of tenants cannot be reached.",
      cause,
      retryAfterSeconds: 5,
    });
  }
}
