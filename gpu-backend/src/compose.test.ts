/** compose.yaml, read as data: no engine is needed to see what it opens, what it lets run, and whether its names are known. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfig } from "./config.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: unknown;
  readonly networks?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}

const text = read("compose.yaml");
const { services, networks } = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
};
const gpu = parse(read("deploy/compose/gpu.yaml")) as { readonly services: Readonly<Record<string, Service>> };

/** `${NAME}`, `${NAME:-default}` and `${NAME:?message}`, as compose fills them in. */
const filled = (environment: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replaceAll(
        /\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}/g,
        (_, fallback: string | undefined) => fallback ?? "s".repeat(32),
      ),
    ]),
  );

describe("compose.yaml", () => {
  it("opens no port of the machine, and gives a way out only to the backend and the tunnel", () => {
    expect(Object.values(services).filter(({ ports }) => ports !== undefined)).toEqual([]);
    expect(networks.inside?.internal).toBe(true);
    const outside = Object.entries(services).filter(([, service]) => service.networks?.includes("outside") ?? true);
    expect(outside.map(([name]) => name)).toEqual(["backend", "tunnel"]);
  });

  it("lets no service write its root file system or have capabilities", () => {
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
    }
  });

  it("configures the backend with settings that it understands, with a GPU too", () => {
    const environment = filled({ ...services.backend!.environment, ...gpu.services.backend!.environment });
    const config = readConfig(environment);
    expect(config).toMatchObject({ VECTOR_STORE: "qdrant", EXECUTION_PROVIDERS: ["cuda"], MODELS: "all" });
    const graceMs = Number.parseInt(services.backend!.stop_grace_period!, 10) * 1000;
    expect(graceMs).toBeGreaterThan(config.SHUTDOWN_GRACE_MS);
  });

  it("asks for each variable that the example names, and for no other", () => {
    const asked = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    const named = new Set([...read("deploy/compose/env.example").matchAll(/^(\w+)=/gm)].map(([, name]) => name));
    expect(asked).toEqual(named);
  });
});
