/** compose.yaml and what is laid on top of it, read as data: no engine is needed to see what it opens, what it lets run, and whether its names are known. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LIMITS } from "@sightline/shared/limits";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readConfig } from "./config.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Service {
  /** A name without a value is taken from `.env`, and left out where it is not there. */
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly image?: string;
  readonly volumes?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}

const text = read("compose.yaml");
const { services, networks } = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
};
const watching = parse(read("deploy/compose/observability.yaml"), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const gpu = parse(read("deploy/compose/gpu.yaml")) as { readonly services: Readonly<Record<string, Service>> };

/** `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and names without a value, as compose fills them in. */
const filled = (
  environment: Readonly<Record<string, string | null>>,
  dotEnv: Readonly<Record<string, string | undefined>> = {},
) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value?.replaceAll(
        /\$\{\w+(?::-([^}]*)|:\?[^}]*)?\}/g,
        (_, fallback: string | undefined) => fallback ?? "s".repeat(32),
      ) ?? dotEnv[name],
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
    const { backend: _, ...added } = watching.services;
    for (const service of [...Object.values(services), ...Object.values(added)]) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
    }
  });

  it("configures the backend with settings that it understands, with a GPU too", () => {
    const environment = filled({
      ...services.backend!.environment,
      ...gpu.services.backend!.environment,
      ...watching.services.backend!.environment,
    });
    const config = readConfig(environment);
    expect(config).toMatchObject({ VECTOR_STORE: "qdrant", EXECUTION_PROVIDERS: ["cuda"], MODELS: "all" });
    const graceMs = Number.parseInt(services.backend!.stop_grace_period!, 10) * 1000;
    expect(graceMs).toBeGreaterThan(config.SHUTDOWN_GRACE_MS);
    expect(config.SHUTDOWN_GRACE_MS).toBeGreaterThan(LIMITS.deadlineMs);
  });

  it("hands on the backend's settings that .env names, and leaves the others to the backend", () => {
    const environment = services.backend!.environment!;
    const dotEnv = { MAX_PAIR_BATCH: "16", LOG_LEVEL: "warn", FETCH_ALLOW_ADDRESSES: "10.1.0.0/16" };
    expect(readConfig(filled(environment, dotEnv))).toMatchObject({
      MAX_PAIR_BATCH: 16,
      LOG_LEVEL: "warn",
      FETCH_ALLOW_ADDRESSES: ["10.1.0.0/16"],
      MAX_QUEUE: readConfig({ BACKEND_SECRET: "s".repeat(32) }).MAX_QUEUE,
    });
    const inRunbook = [...read("docs/operations/alerts.md").matchAll(/`(MAX_\w+)`/g)].map(([, name]) => name);
    expect(Object.keys(environment)).toEqual(expect.arrayContaining(inRunbook));
    expect(inRunbook).not.toEqual([]);
  });

  it("asks for each variable that the example names, and for no other", () => {
    const overlays = ["gpu", "observability"].map((name) => read(`deploy/compose/${name}.yaml`));
    const texts = [text, ...overlays].join("\n");
    const asked = new Set([...texts.matchAll(/\$\{(\w+)|^ +([A-Z_]+):$/gm)].map(([, name, bare]) => name ?? bare));
    const named = new Set([...read("deploy/compose/env.example").matchAll(/^(?:# )?(\w+)=/gm)].map(([, name]) => name));
    // Compose's own: which files it reads.
    expect(asked.add("COMPOSE_FILE")).toEqual(named);
  });
});

describe("deploy/compose/observability.yaml", () => {
  const { prometheus, grafana } = watching.services;

  it("shows Grafana to this machine, and nothing to anybody else", () => {
    const open = Object.entries(watching.services).filter(([, { ports }]) => ports !== undefined);
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([["grafana", ["127.0.0.1:3000:3000"]]]);
  });

  it("mounts folders that are here, read-only, and else only volumes that it declares", () => {
    for (const volume of Object.values(watching.services).flatMap(({ volumes = [] }) => volumes)) {
      const [source = "", , mode] = volume.split(":");
      if (source.startsWith("./")) {
        expect(mode).toBe("ro");
        expect(existsSync(join(ROOT, source)), source).toBe(true);
      } else expect(Object.keys(watching.volumes)).toContain(source);
    }
  });

  it("names services as the configurations do that are mounted", () => {
    const names = [...Object.keys(services), ...Object.keys(watching.services)];
    const folder = "deploy/observability";
    const files = [`${folder}/prometheus/prometheus.yml`, `${folder}/grafana/provisioning/datasources/sightline.yml`];
    const named = [
      ...files
        .map(read)
        .join("\n")
        .matchAll(/(?:targets: \["|url: http:\/\/)([\w-]+):\d+/g),
    ];
    const spans = new URL(watching.services.backend!.environment!.OTEL_EXPORTER_OTLP_ENDPOINT!).hostname;
    const hosts = [...named.map(([, host]) => host), prometheus!.environment!.BACKEND!.split(":")[0], spans];
    expect(hosts).toHaveLength(5);
    for (const host of hosts) expect(names).toContain(host);
  });

  it("runs the Grafana whose schema the dashboard is checked against", () => {
    const { devDependencies } = JSON.parse(read("dev/package.json")) as { devDependencies: Record<string, string> };
    expect(grafana!.image).toBe(`grafana/grafana:${devDependencies["@grafana/schema"]}`);
  });
});
