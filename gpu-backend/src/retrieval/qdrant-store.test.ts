/** The Qdrant adapter in Node. With QDRANT_URL (and QDRANT_API_KEY) the conformance suite asks that server, not the double. */
import { describeVectorStore } from "@sightline/shared/store/conformance";
import { QdrantConnection } from "@sightline/shared/store/qdrant/connection";
import { physicalName } from "@sightline/shared/store/qdrant/space";
import { QdrantStore } from "@sightline/shared/store/qdrant/store";
import { startQdrant } from "../testing/qdrant-server.ts";

const { QDRANT_URL: realUrl, QDRANT_API_KEY: apiKey } = process.env;

describeVectorStore(realUrl === undefined ? "Qdrant (double)" : "Qdrant", async () => {
  const server = realUrl === undefined ? await startQdrant() : undefined;
  const url = server?.url ?? realUrl ?? "";
  const connection = new QdrantConnection({ url, apiKey });
  return {
    store: new QdrantStore({ connection, callMs: () => 20_000 }),
    async dispose(spaces) {
      const headers = apiKey === undefined ? {} : { "api-key": apiKey };
      for (const space of spaces) {
        await fetch(`${url}/collections/${encodeURIComponent(physicalName(space))}`, { method: "DELETE", headers });
      }
      await server?.close();
    },
  };
});
