/** Is the process alive? Exit 0 or 1. For images' HEALTHCHECK and ECS; no image here has curl. */
const url = `http://127.0.0.1:${process.env.PORT ?? 8788}/healthz`;
const ok = await fetch(url, { signal: AbortSignal.timeout(4000) }).then(
  (response) => response.ok,
  () => false,
);
process.exit(ok ? 0 : 1);
