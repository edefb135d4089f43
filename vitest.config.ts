import { mkdirSync } from "node:fs";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import type { WorldBindings } from "./shared/src/testing/edge-world.ts";

// The worker's assets folder is named in wrangler.toml and has to exist, built or not.
mkdirSync("playground/dist", { recursive: true });

// ONNX Runtime would tell Microsoft of its use.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: ["{shared,gpu-backend,dev,playground,bench,sdk}/src/**/*.test.ts"],
          exclude: ["**/*.e2e.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The whole stack as a user starts it, and clients that know nothing of our code.
        test: {
          name: "e2e",
          include: ["dev/src/**/*.e2e.test.ts"],
          globalSetup: ["dev/src/testing/e2e-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 300_000,
          // A page under test shares its machine with the model.
          expect: { poll: { timeout: 15_000 } },
          fileParallelism: false,
        },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: { ...inject<WorldBindings>("world") } },
          })),
        ],
        test: {
          name: "workerd",
          include: ["edge/src/**/*.test.ts"],
          globalSetup: ["dev/src/testing/edge-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // They share one world, and some take its Redis, Qdrant or backend away.
          fileParallelism: false,
        },
      },
    ],
  },
});
