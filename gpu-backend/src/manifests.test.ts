/**
 * The overlays of gpu-backend/k8s as kubectl renders them. Their shape is checked by the compiler: each object is written out as a literal of
 * its type in `kubernetes-types`, which is generated from Kubernetes' own OpenAPI document, so that an unknown, misspelt
 * or missing field anywhere is an error. What the API server would say of their meaning, no offline check can tell.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { LIMITS } from "@sightline/shared/limits";
import type { Deployment } from "kubernetes-types/apps/v1.d.ts";
import type { HorizontalPodAutoscaler } from "kubernetes-types/autoscaling/v2.d.ts";
import type { ConfigMap, Service } from "kubernetes-types/core/v1.d.ts";
import type { NetworkPolicy } from "kubernetes-types/networking/v1.d.ts";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1.d.ts";
import { beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { readConfig } from "./config.ts";

const ROOT = join(import.meta.dirname, "../..");
const K8S = join(ROOT, "gpu-backend/k8s");

/** Where `kubernetes-types` has the type of each kind that we use. */
const MODULES: Readonly<Record<string, string>> = {
  ConfigMap: "core/v1",
  Deployment: "apps/v1",
  HorizontalPodAutoscaler: "autoscaling/v2",
  Namespace: "core/v1",
  NetworkPolicy: "networking/v1",
  PodDisruptionBudget: "policy/v1",
  Service: "core/v1",
  ServiceAccount: "core/v1",
};

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

// CI has kubectl; who has not, is spared.
const hasKubectl = process.env.CI || succeeds("kubectl", ["version", "--client"]);
if (!hasKubectl) console.warn("\n  SKIPPED: no kubectl on PATH; install it to check gpu-backend/k8s\n");

describe.runIf(hasKubectl)("the manifests", () => {
  const rendered = new Map<string, readonly Manifest[]>();

  beforeAll(() => {
    for (const overlay of ["cpu", "gpu"]) rendered.set(overlay, render(join(K8S, "overlays", overlay)));
    rendered.set("gpu with metrics", renderWithMetrics());
  });

  it("have the shape that Kubernetes documents, down to the last field", () => {
    const objects = [...rendered.values()].flat().filter(({ apiVersion }) => !apiVersion.startsWith("monitoring."));
    expect(compile(objects.map(asTypedLiteral))).toBe("");
  });

  it("would not pass with a misspelt field", () => {
    const deployment = structuredClone(find<Deployment & Manifest>("gpu", "Deployment"));
    Object.assign(deployment.spec!.template.spec!.containers[0]!, { redinessProbe: {} });
    expect(compile([deployment].map(asTypedLiteral))).toContain("redinessProbe");
  });

  it.each(["cpu", "gpu"])("run %s replicas without root, capabilities or a writable root file system", (overlay) => {
    const { spec } = find<Deployment & Manifest>(overlay, "Deployment").spec!.template;
    expect(spec!.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(spec!.automountServiceAccountToken).toBe(false);
    for (const { securityContext } of spec!.containers) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
    }
  });

  it("give each replica of the gpu overlay one GPU, and those of the other none", () => {
    const limits = (overlay: string) =>
      find<Deployment & Manifest>(overlay, "Deployment").spec!.template.spec!.containers[0]!.resources!.limits!;
    expect(limits("gpu")["nvidia.com/gpu"]).toBe("1");
    expect(limits("cpu")["nvidia.com/gpu"]).toBeUndefined();
  });

  it("free a GPU before a rollout needs one, and keep one replica meanwhile", () => {
    const { strategy } = find<Deployment & Manifest>("gpu", "Deployment").spec!;
    expect(strategy!.rollingUpdate).toEqual({ maxUnavailable: 1, maxSurge: 0 });
    expect(
      find<HorizontalPodAutoscaler & Manifest>("gpu", "HorizontalPodAutoscaler").spec!.minReplicas,
    ).toBeGreaterThan(1);
  });

  it.each(["cpu", "gpu"])("configure the %s backend with settings that it understands", (overlay) => {
    const { data } = find<ConfigMap & Manifest>(overlay, "ConfigMap");
    expect(readConfig({ ...data, BACKEND_SECRET: "s".repeat(32) }).VECTOR_STORE).toBe("qdrant");
  });

  it("ask the endpoints that the backend has, and give a drain the time that it may take", () => {
    const { spec } = find<Deployment & Manifest>("gpu", "Deployment").spec!.template;
    const [backend] = spec!.containers;
    expect(backend!.livenessProbe!.httpGet!.path).toBe("/healthz");
    expect(backend!.readinessProbe!.httpGet!.path).toBe("/readyz");
    const { data } = find<ConfigMap & Manifest>("gpu", "ConfigMap");
    const config = readConfig({ ...data, BACKEND_SECRET: "s".repeat(32) });
    expect(config.DRAIN_DELAY_MS).toBeGreaterThan(0);
    expect(config.SHUTDOWN_GRACE_MS).toBeGreaterThan(LIMITS.deadlineMs);
    expect(spec!.terminationGracePeriodSeconds! * 1000).toBeGreaterThan(
      config.DRAIN_DELAY_MS + config.SHUTDOWN_GRACE_MS,
    );
  });

  it("select the replicas and nothing else of the namespace", () => {
    const labels = { "app.kubernetes.io/name": "sightline-backend" };
    const { spec } = find<Deployment & Manifest>("gpu", "Deployment");
    expect(spec!.template.metadata!.labels).toMatchObject(labels);
    expect(spec!.selector.matchLabels).toEqual(labels);
    expect(find<Service & Manifest>("gpu", "Service").spec!.selector).toEqual(labels);
    expect(find<PodDisruptionBudget & Manifest>("gpu", "PodDisruptionBudget").spec!.selector).toEqual({
      matchLabels: labels,
    });
    expect(find<NetworkPolicy & Manifest>("gpu", "NetworkPolicy").spec!.podSelector).toEqual({ matchLabels: labels });
    for (const { labelSelector } of spec!.template.spec!.topologySpreadConstraints!) {
      expect(labelSelector).toEqual({ matchLabels: labels });
    }
  });

  it("let in the ingress controller alone, and let nothing out to private addresses or the cloud's credentials", () => {
    const { ingress, egress, policyTypes } = find<NetworkPolicy & Manifest>("gpu", "NetworkPolicy").spec!;
    expect(policyTypes).toEqual(["Ingress", "Egress"]);
    expect(ingress).toHaveLength(1);
    expect(ingress![0]!.from).toHaveLength(1);
    const open = egress!.flatMap(({ to }) => to!).find(({ ipBlock }) => ipBlock?.cidr === "0.0.0.0/0");
    expect(open!.ipBlock!.except).toEqual(
      expect.arrayContaining(["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]),
    );
  });

  it("scale by the queue only where its metric is collected", () => {
    const metrics = (overlay: string) =>
      find<HorizontalPodAutoscaler & Manifest>(overlay, "HorizontalPodAutoscaler").spec!.metrics!.map(
        ({ type }) => type,
      );
    expect(metrics("gpu")).toEqual(["Resource"]);
    expect(metrics("gpu with metrics")).toEqual(["Resource", "Pods"]);
  });

  it("let the Prometheus operator find what it reads, what it judges by, and the token for the edge", () => {
    for (const kind of ["ServiceMonitor", "PrometheusRule"]) {
      expect(find("gpu with metrics", kind).metadata.namespace).toBe("sightline");
    }
    const { spec } = find<Manifest & { spec: { authorization: unknown } }>("gpu with metrics", "ScrapeConfig");
    expect(spec.authorization).toEqual({ credentials: { name: "sightline-edge", key: "ADMIN_TOKEN" } });
  });

  function find<T extends Manifest>(overlay: string, kind: string): T {
    const own = (m: Manifest) => m.kind === kind && m.metadata.name !== "sightline-backend-metrics";
    const found = rendered.get(overlay)?.find(own);
    if (!found) throw new Error(`the ${overlay} overlay has no ${kind}`);
    return found as T;
  }
});

function render(folder: string): readonly Manifest[] {
  const yaml = execFileSync("kubectl", ["kustomize", folder], { encoding: "utf8" });
  return parseAllDocuments(yaml).map((document) => document.toJS() as Manifest);
}

/** As an operator would add the component to an overlay of their own. */
function renderWithMetrics(): readonly Manifest[] {
  const folder = scratch("kustomize");
  const to = (target: string) => relative(folder, join(K8S, target));
  writeFileSync(
    join(folder, "kustomization.yaml"),
    `resources: [${to("overlays/gpu")}]\ncomponents: [${to("components/metrics")}, ${to("components/edge-metrics")}]\n`,
  );
  return render(folder);
}

function asTypedLiteral(manifest: Manifest, index: number): string {
  const module = MODULES[manifest.kind];
  if (module === undefined) throw new Error(`teach MODULES about ${manifest.kind}`);
  return [
    `import type { ${manifest.kind} as T${index} } from "kubernetes-types/${module}.d.ts";`,
    // The types let an object leave out its kind and version; a manifest may not.
    `export const m${index}: T${index} & Required<Pick<T${index}, "apiVersion" | "kind">> = ${JSON.stringify(manifest)};`,
  ].join("\n");
}

/** @returns what the compiler has against it. */
function compile(sources: readonly string[]): string {
  const folder = scratch("manifests");
  writeFileSync(join(folder, "manifests.ts"), sources.join("\n"));
  const options = [
    "--ignoreConfig",
    "--strict",
    "--noEmit",
    "--module",
    "nodenext",
    "--allowImportingTsExtensions",
    "--types",
    "",
  ];
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, ...options, join(folder, "manifests.ts")], { encoding: "utf8" });
    return "";
  } catch (error) {
    return (error as { readonly stdout: string }).stdout;
  }
}

function scratch(name: string): string {
  const folder = join(ROOT, "node_modules/.cache/sightline-k8s", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
