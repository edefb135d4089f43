/**
 * The signed call from edge to backend: a JWT (RFC 7519, HS256) that lives at most a minute and is bound to one tenant,
 * one path and one body, so that a captured token can neither be replayed elsewhere nor carry another body.
 */
import { jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import { sha256, toHex } from "../digest.ts";
import { TenantId } from "../ids.ts";

const ISSUER = "sightline-edge";
const AUDIENCE = "sightline-backend";
const LIFETIME_SECONDS = 60;
const CLOCK_TOLERANCE_SECONDS = 5;

interface CallClaims {
  readonly tenant: TenantId;
  readonly path: string;
  readonly body: Uint8Array;
}

const Payload = z.object({ sub: TenantId, path: z.string(), body_sha256: z.string() });

export const MIN_SECRET_BYTES = 32;

export type SigningKey = CryptoKey;

export async function importSigningKey(secret: string): Promise<SigningKey> {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < MIN_SECRET_BYTES)
    throw new RangeError(`the signing secret has at least ${MIN_SECRET_BYTES} bytes`);
  return crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

export async function signCall(key: SigningKey, call: CallClaims): Promise<string> {
  return new SignJWT({ path: call.path, body_sha256: toHex(await sha256(call.body)) })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(call.tenant)
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME_SECONDS}s`)
    .sign(key);
}

/** A call whose token is valid; its body is still to be read. */
export interface SignedCall {
  readonly tenant: TenantId;
  /** Of the body that the token is for, in hexadecimal. */
  readonly bodySha256: string;
}

/** Takes no body, so that a stranger's need not be read. @throws Error if the token is not valid for this path. */
export async function verifyCall(key: SigningKey, token: string, path: string): Promise<SignedCall> {
  const { payload } = await jwtVerify(token, key, {
    algorithms: ["HS256"],
    issuer: ISSUER,
    audience: AUDIENCE,
    maxTokenAge: LIFETIME_SECONDS,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  });
  const claims = Payload.parse(payload);
  if (claims.path !== path) throw new Error("the token is for another path");
  return { tenant: claims.sub, bodySha256: claims.body_sha256 };
}

/** @throws Error if the call's token is for another body. */
export async function verifyBody(call: SignedCall, body: Uint8Array): Promise<void> {
  if (call.bodySha256 !== toHex(await sha256(body))) throw new Error("the token is for another body");
}
