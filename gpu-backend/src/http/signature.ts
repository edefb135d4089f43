/** Only the edge calls: a call's token is checked before anything of its body is read, so that strangers' bodies take no memory. */
import { ApiError } from "@sightline/shared/errors";
import { type SignedCall, type SigningKey, verifyBody, verifyCall } from "@sightline/shared/internal/token";
import type { Context, MiddlewareHandler } from "hono";

declare module "hono" {
  interface ContextVariableMap {
    /** Whose token is valid for this path. */
    readonly signed: SignedCall;
  }
}

/** @throws ApiError(invalid_api_key) */
export function signature(signingKey: Promise<SigningKey>): MiddlewareHandler {
  return async (c, next) => {
    const token = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    if (token === undefined) throw new ApiError("invalid_api_key");
    c.set("signed", await verifyCall(await signingKey, token, c.req.path).catch(refuse));
    await next();
  };
}

/** @returns the body that the token is for. @throws ApiError(invalid_api_key) if it is another. */
export async function readSignedBody(c: Context): Promise<Uint8Array> {
  const body = new Uint8Array(await c.req.arrayBuffer());
  await verifyBody(c.var.signed, body).catch(refuse);
  return body;
}

function refuse(cause: unknown): never {
  throw new ApiError("invalid_api_key", { cause });
}
