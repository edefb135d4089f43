/** Calls the internal API as the edge does: signed MessagePack. */
import { TenantId } from "@sightline/shared/ids";
import { DEADLINE_HEADER, MSGPACK, pack, unpack } from "@sightline/shared/internal/protocol";
import { importSigningKey, signCall } from "@sightline/shared/internal/token";

export const SECRET = "a test secret of at least 32 bytes";

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: replies are inspected field by field in tests
  readonly body: any;
}

export interface SendOptions {
  readonly tenant?: string;
  readonly deadlineMs?: number;
  /** Signs another body or path than the one sent. */
  readonly signed?: { readonly path?: string; readonly body?: Uint8Array };
  readonly secret?: string;
}

type Fetch = (request: Request) => Response | Promise<Response>;

/** @param send to a server in this process or over the network. */
export function signedClient(send: Fetch, baseUrl = "http://backend.test") {
  return async (path: string, message: unknown, options: SendOptions = {}): Promise<Reply> => {
    const body = pack(message);
    const token = await signCall(await importSigningKey(options.secret ?? SECRET), {
      tenant: TenantId.parse(options.tenant ?? "acme"),
      path: options.signed?.path ?? path,
      body: options.signed?.body ?? body,
    });
    const response = await send(
      new Request(baseUrl + path, {
        method: "POST",
        headers: {
          authorization: `Bearer ${token}`,
          "content-type": MSGPACK,
          ...(options.deadlineMs !== undefined && { [DEADLINE_HEADER]: String(options.deadlineMs) }),
        },
        body: body as Uint8Array<ArrayBuffer>,
      }),
    );
    return { status: response.status, body: unpack(new Uint8Array(await response.arrayBuffer())) };
  };
}
