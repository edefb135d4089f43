import type { Examples } from "../example.ts";
import { month } from "./service.ts";

const tenant = {
  id: "orchard",
  name: "Orchard Ltd",
  plan: "standard",
  status: "active",
  created_at: "2026-11-21T09:00:00.000Z",
};
const key = {
  id: "0v7k2mzc41qd",
  name: "website",
  scopes: ["embed", "classify", "entail", "search", "write"],
  created_at: "2026-11-21T09:00:00.000Z",
  expires_at: null,
};
const UNTIL = "2028-01-01T00:00:00Z";
const keyOf = { tenant: "orchard", key: key.id };
const shop = { tenant: "orchard", name: "shop" };
const place = { model: "emoji-dual", revision: "8" };
const migration = {
  object: "migration",
  collection: "shop",
  status: "waiting",
  from: place,
  to: place,
  wait_seconds: 35,
  progress: { total: 2, seen: 0, copied: 0, left_behind: 0 },
  left_behind: [],
};
const copied = {
  ...migration,
  status: "copied",
  wait_seconds: 0,
  progress: { total: 2, seen: 2, copied: 2, left_behind: 0 },
};
const canary = { id: "trial", model: "emoji-dual", revision: "9", percent: 10 };
const snapshot = { name: "2026-11-21t09-00-00-000z", status: "whole" };

export const OPERATOR: Examples = {
  createTenant: {
    bodies: { "A tenant": { id: "orchard", name: "Orchard Ltd", plan: "standard" } },
    answer: tenant,
  },
  listTenants: { query: { limit: "200" }, answer: { object: "list", data: [tenant], next_cursor: null } },
  getTenant: { params: { tenant: "orchard" }, answer: tenant },
  updateTenant: {
    params: { tenant: "orchard" },
    bodies: { "Another plan": { plan: "standard" }, "Back again": { status: "active" } },
    answer: tenant,
  },
  deleteTenant: { params: { tenant: "orchard" }, answer: { deleted: 1 } },
  createKey: {
    params: { tenant: "orchard" },
    bodies: { "A key": { name: "website", scopes: ["embed", "classify", "entail", "search", "write"] } },
    answer: { ...key, key: "sl_live_0v7k2mzc41qd_…" },
  },
  listKeys: { params: { tenant: "orchard" }, answer: { object: "list", data: [key] } },
  rotateKey: {
    params: keyOf,
    bodies: { "The old one goes on for an hour": { overlap_seconds: 3600 } },
    answer: { ...key, id: "5n0y8rjt93wx", expires_at: UNTIL, key: "sl_live_5n0y8rjt93wx_…" },
  },
  updateKey: {
    params: keyOf,
    bodies: { "Until the end of 2027": { expires_at: UNTIL } },
    answer: { ...key, expires_at: UNTIL },
  },
  revokeKey: { params: keyOf, answer: { deleted: 1 } },
  getTenantUsage: { params: { tenant: "orchard" }, query: { month: "2026-11" }, answer: month },
  getMetrics: {
    answer: [
      "# HELP sightline_edge_requests_total Requests, by route and status.",
      "# TYPE sightline_edge_requests_total counter",
      'sightline_edge_requests_total{route="/v1/embeddings",status="200"} 12',
      "",
    ].join("\n"),
  },
  getRouting: { answer: { object: "routing", canaries: [{ ...canary, served: true }] } },
  putRouting: {
    bodies: { "A tenth of the tenants": { canaries: [canary] } },
    answer: { object: "routing", canaries: [{ ...canary, served: true }] },
  },
  deleteRouting: { answer: { object: "routing", canaries: [] } },
  listTenantCollections: {
    params: { tenant: "orchard" },
    answer: { object: "list", data: [{ name: "shop", ...place, migration: null }] },
  },
  verifyCollection: {
    params: shop,
    bodies: { "By twenty items": { sample: 20 } },
    answer: {
      object: "verification",
      collection: "shop",
      places: [
        {
          role: "current",
          ...place,
          items: { text: 1, image: 1, total: 2 },
          recall: { sample: 2, lost: 0, mean: 1, least: 1 },
        },
      ],
    },
  },
  startMigration: {
    params: shop,
    bodies: { "To a model's default revision": { model: "emoji-dual" } },
    answer: migration,
  },
  getMigration: { params: shop, answer: migration },
  copyItems: { params: shop, bodies: { "The next 32": { items: 32 } }, answer: copied },
  switchMigration: {
    params: shop,
    bodies: { "If everything is there": { leave_behind: false } },
    answer: { ...copied, status: "switched" },
  },
  rollBackMigration: { params: shop, answer: copied },
  endMigration: { params: shop, answer: { deleted: 2 } },
  listSnapshots: { answer: { object: "list", data: [snapshot] } },
  createSnapshot: {
    answer: { object: "list", data: [{ name: snapshot.name, status: "making", points: 0, total: 1596 }] },
  },
  restoreSnapshot: {
    params: { name: snapshot.name },
    answer: { object: "list", data: [{ name: snapshot.name, status: "restoring", points: 0, total: 1596 }] },
  },
  deleteSnapshot: { params: { name: snapshot.name }, answer: { object: "list", data: [] } },
};
