/** `POST /internal/v1/models`: what this replica serves. */
import { z } from "zod";
import type { Replica } from "../replica.ts";
import type { InternalApi } from "./internal-call.ts";

export function modelsRoute(api: InternalApi, replica: Replica): void {
  api.post("/internal/v1/models", z.object({}), async () => ({
    models: replica.loaded().served(),
  }));
}
