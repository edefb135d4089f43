/** `POST /internal/v1/snapshots`: snapshots of the embedded store. Making and restoring take longer than a call: each begins and is listed. */
import { ApiError } from "@sightline/shared/errors";
import { SnapshotsRequest, type SnapshotsResponse } from "@sightline/shared/internal/protocol";
import type { Replica } from "../replica.ts";
import type { InternalApi } from "./internal-call.ts";

export function snapshotsRoute(api: InternalApi, replica: Replica): void {
  api.post("/internal/v1/snapshots", SnapshotsRequest, async (request): Promise<SnapshotsResponse> => {
    const { snapshots } = replica.store;
    if (!snapshots) throw new ApiError("snapshots_elsewhere");
    if (request.op === "create") await snapshots.create();
    if (request.op === "restore") await snapshots.restore(request.name);
    if (request.op === "delete") await snapshots.delete(request.name);
    return { snapshots: snapshots.list() };
  });
}
