/** `/admin/v1/snapshots`: of a vector store that is embedded in the backend. A Qdrant makes its own. */
import { SnapshotList, SnapshotParams } from "@sightline/shared/api/snapshots";
import { TenantId } from "@sightline/shared/ids";
import { type SnapshotsRequest, SnapshotsResponse } from "@sightline/shared/internal/protocol";
import type { Context } from "hono";
import { accessFor } from "../../collections/access.ts";
import type { App } from "../../context.ts";
import { check } from "../../http/body.ts";
import type { Router } from "../../router.ts";

const COMMON = { tag: "Operator", access: "operator", answer: SnapshotList } as const;
const PATH = "/admin/v1/snapshots";
/** Snapshots hold the points of all tenants: the call is signed for a reserved name. */
const SYSTEM = TenantId.parse("system");

export function adminSnapshots(router: Router): void {
  router.add(
    {
      ...COMMON,
      method: "get",
      path: PATH,
      operationId: "listSnapshots",
      summary: "List snapshots of the embedded store",
    },
    async (c) => c.json(await ask(c, { op: "list" })),
  );

  router.add(
    {
      ...COMMON,
      method: "post",
      path: PATH,
      operationId: "createSnapshot",
      summary: "Begin a snapshot of the embedded store",
      description: "Searches and writes go on. It lies in the backend's data folder, for you to copy elsewhere.",
    },
    async (c) => c.json(await ask(c, { op: "create" })),
  );

  router.add(
    {
      ...COMMON,
      method: "post",
      path: `${PATH}/{name}/restore`,
      operationId: "restoreSnapshot",
      summary: "Begin to put back what a snapshot holds",
      description:
        "What was written since is gone. Collections and pictures are not part of it: one that was made later is empty then. " +
        "A migration that was begun later has to be rolled back and dropped before, else its collection may be empty, too.",
      params: SnapshotParams,
    },
    async (c) => c.json(await ask(c, { op: "restore", name: check(SnapshotParams, c.req.param()).name })),
  );

  router.add(
    {
      ...COMMON,
      method: "delete",
      path: `${PATH}/{name}`,
      operationId: "deleteSnapshot",
      summary: "Delete a snapshot",
      description: "Answers with those that are left. Refused while one is being made or restored.",
      params: SnapshotParams,
    },
    async (c) => c.json(await ask(c, { op: "delete", name: check(SnapshotParams, c.req.param()).name })),
  );
}

async function ask(c: Context<App>, request: SnapshotsRequest): Promise<SnapshotList> {
  const { call } = accessFor(c, SYSTEM);
  const { snapshots } = await c.var.services.backend.call("/internal/v1/snapshots", request, SnapshotsResponse, call);
  return { object: "list", data: [...snapshots] };
}
