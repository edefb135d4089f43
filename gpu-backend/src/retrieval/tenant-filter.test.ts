/**
 * That the suite's property of isolation is worth something: with the tenant's condition taken out of the requests to the
 * store, of any kind of them, it fails. Qdrant's adapter is asked, because its conditions can be seen on their way.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { ConformanceRun } from "@sightline/shared/store/conformance/fixtures";
import { expectIsolation } from "@sightline/shared/store/conformance/isolation";
import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type QdrantServer, startQdrant } from "../testing/qdrant-server.ts";

interface Body {
  readonly filter?: { readonly must: readonly { readonly key?: string }[] };
}

/** Stands in front of a Qdrant and takes a condition out of the requests to one of its endpoints. */
async function startLeak(target: string, endpoint: string, condition: string) {
  const server = createServer((request, response) => {
    const forward = async (): Promise<void> => {
      const body = await text(request);
      const leaky = request.url?.split("?")[0]?.endsWith(endpoint) ? without(body, condition) : body;
      const answer = await fetch(target + (request.url ?? ""), {
        method: request.method ?? "GET",
        ...(leaky !== "" && { body: leaky, headers: { "content-type": "application/json" } }),
      });
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
    };
    // A property that has failed leaves calls behind, whose store may be gone.
    forward().catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function without(body: string, condition: string): string {
  const parsed = JSON.parse(body) as Body;
  const must = parsed.filter?.must.filter(({ key }) => key !== condition);
  return JSON.stringify({ ...parsed, filter: { must } });
}

/** More runs than any leak has needed to show itself; the property ends with the first that does. */
const ENOUGH = 200;

describe("the property of isolation", () => {
  let qdrant: QdrantServer;
  let leak: Awaited<ReturnType<typeof startLeak>> | undefined;
  beforeEach(async () => {
    qdrant = await startQdrant();
  });
  afterEach(async () => {
    leak?.server.closeAllConnections();
    leak?.server.close();
    await qdrant.close();
  });

  async function propertyThrough(endpoint: string, condition: string, numRuns: number): Promise<void> {
    leak = await startLeak(qdrant.url, endpoint, condition);
    const run = new ConformanceRun();
    run.store = new QdrantStore({ connection: new QdrantConnection({ url: leak.url }), callMs: () => 10_000 });
    await run.store.ensure(run.space);
    await expectIsolation(run, { endOnFailure: true, numRuns });
  }

  it("holds while nothing is taken out", () => propertyThrough("/points/query", "no-such-condition", 15));

  it.each(["query", "scroll", "count"])("fails without the tenant in a %s", async (endpoint) => {
    await expect(propertyThrough(`/points/${endpoint}`, "tenant", ENOUGH)).rejects.toThrow("Property failed");
  });

  it.each(["query", "scroll", "count"])("fails without the collection in a %s", async (endpoint) => {
    await expect(propertyThrough(`/points/${endpoint}`, "collection", ENOUGH)).rejects.toThrow("Property failed");
  });

  it.each(["tenant", "collection"])("fails without the %s in a deletion", async (condition) => {
    await expect(propertyThrough("/points/delete", condition, ENOUGH)).rejects.toThrow("Property failed");
  });
});
