/** `/admin/v1/metrics`: what all isolates have counted, for Prometheus, which sends the operator's token. */
import { redisKeys } from "@sightline/shared/tenants";
import { z } from "zod";
import { orUnavailable } from "../../or-unavailable.ts";
import type { Router } from "../../router.ts";
import { CONTENT_TYPE, exposition } from "../../telemetry/exposition.ts";

export function adminMetrics(router: Router): void {
  router.add(
    {
      method: "get",
      path: "/admin/v1/metrics",
      operationId: "getMetrics",
      summary: "Read the counters of the edge",
      description:
        "In Prometheus' text format. Isolates add theirs behind an answer, at most every 10 s: the figures are as old as that.",
      tag: "Operator",
      access: "operator",
      answerTypes: { "text/plain": z.string() },
    },
    async (c) => {
      const counts = await orUnavailable(() => c.var.redis.hgetall(redisKeys.counts), {
        message: "The counters cannot be reached.",
      });
      return c.body(exposition(counts), 200, { "content-type": CONTENT_TYPE });
    },
  );
}
