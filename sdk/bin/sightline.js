#!/usr/bin/env node
// In a checkout the TypeScript runs as it lies (npx brings the Node that can); the published package has it compiled.
const checkout = new URL("../src/cli/main.ts", import.meta.url);
const published = new URL("../dist/cli/main.js", import.meta.url);
const { existsSync } = await import("node:fs");
await import(existsSync(checkout) ? checkout.href : published.href);
