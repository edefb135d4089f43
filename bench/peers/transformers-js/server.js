/**
 * The peer: an embedding server as a competent reader of the documentations of Hono and transformers.js writes it. The
 * model is loaded once; a request is an array of images, which become one batch.
 */
import { serve } from "@hono/node-server";
import { AutoProcessor, CLIPVisionModelWithProjection, env, RawImage } from "@huggingface/transformers";
import { Hono } from "hono";

const { MODEL, MODELS_DIR, THREADS } = process.env;

env.localModelPath = MODELS_DIR;
env.allowRemoteModels = false;

const processor = await AutoProcessor.from_pretrained(MODEL);
const vision = await CLIPVisionModelWithProjection.from_pretrained(MODEL, {
  dtype: "fp32",
  device: "cpu",
  session_options: { intraOpNumThreads: Number(THREADS) },
});

const app = new Hono();

app.post("/embed", async (c) => {
  const { images } = await c.req.parseBody({ all: true });
  const pictures = await Promise.all([images].flat().map((file) => RawImage.fromBlob(file)));
  const { image_embeds } = await vision(await processor(pictures));
  return c.json({ embeddings: image_embeds.normalize().tolist() });
});

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  process.send?.({ port, transformers: env.version, onnxruntime: env.backends.onnx.versions.node });
});
process.once("disconnect", () => process.exit());
