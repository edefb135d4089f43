/** Builds the two pages into `dist/`, which the worker serves as static assets. */
import { defineConfig } from "vite";
import { redocAsset } from "./redoc-asset.ts";

export default defineConfig({
  // Relative addresses let the pages live under any prefix.
  base: "./",
  plugins: [redocAsset()],
  build: {
    target: "es2023",
    // The content security policy allows no data: pictures, and every browser of the target preloads modules itself.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Whoever serves the page passes Preact on, and with it its licence.
    license: { fileName: "assets/licenses.md" },
    // Redoc's ready bundle alone is past Vite's warning; only /docs loads it.
    chunkSizeWarningLimit: 1000,
    rolldownOptions: { input: ["index.html", "docs.html"] },
  },
});
