/** Which errors an operation may answer: by what kind of operation it is, and by what it works on. */
import { ERRORS, type ErrorCode } from "@sightline/shared/errors";
import type { RouteDoc } from "../openapi.ts";

type Codes = readonly ErrorCode[];

const EVERYBODY: Codes = ["internal_error"];
const KEY: Codes = ["https_required", "invalid_api_key", "tenant_suspended", "identity_unavailable"];
const SCOPE: Codes = ["insufficient_scope"];
const LIMITS: Codes = ["rate_limit_exceeded", "quota_exceeded", "concurrency_limit_exceeded"];
const OPERATOR: Codes = ["https_required", "invalid_admin_token", "identity_unavailable"];
const BODY: Codes = ["invalid_json", "unknown_field", "body_too_large", "unsupported_content_type"];
const IDEMPOTENT: Codes = ["idempotency_in_progress", "idempotency_key_reused"];

const BACKEND: Codes = ["backend_unavailable", "backend_invalid_response", "overloaded", "deadline_exceeded"];
const MODEL: Codes = ["model_not_found", "model_family_mismatch", ...BACKEND];
const TEXTS: Codes = ["empty_input", "too_many_inputs", "text_too_long"];
const PICTURES: Codes = [
  "image_invalid",
  "image_format_unsupported",
  "image_type_mismatch",
  "image_too_large",
  "image_too_many_pixels",
  "image_url_refused",
  "image_url_failed",
];
const INPUTS: Codes = [...TEXTS, ...PICTURES, ...MODEL];
const COLLECTION: Codes = ["collection_not_found", "store_unavailable"];
/** What lies in a collection: the store may be the backend's. */
const STORED: Codes = [...COLLECTION, ...BACKEND];
const ITEM: Codes = [...STORED, "item_not_found"];
const MIGRATION: Codes = [...COLLECTION, "migration_not_found", "migration_conflict", ...MODEL];
const SNAPSHOTS: Codes = ["snapshots_elsewhere", ...BACKEND];

/** Beside those of its kind. */
const OF_OPERATION: Readonly<Record<string, Codes>> = {
  createEmbeddings: INPUTS,
  classify: INPUTS,
  rank: INPUTS,
  entail: INPUTS,
  search: [...INPUTS, ...ITEM, "vector_invalid"],
  listModels: BACKEND,
  listCollections: ["store_unavailable"],
  putCollection: ["collection_conflict", "too_many_collections", "store_unavailable", ...MODEL],
  getCollection: STORED,
  deleteCollection: STORED,
  putItems: ["empty_input", "too_many_inputs", ...COLLECTION, ...MODEL],
  listItems: [...STORED, "invalid_cursor"],
  getItem: ITEM,
  getItemImage: [...COLLECTION, "item_not_found"],
  deleteItem: ITEM,
  deleteItems: STORED,
  getUsage: ["store_unavailable"],
  createTenant: ["tenant_conflict"],
  deleteTenant: ["tenant_not_empty"],
  createKey: ["too_many_keys"],
  rotateKey: ["too_many_keys"],
  getTenantUsage: ["store_unavailable"],
  getRouting: ["store_unavailable"],
  putRouting: ["store_unavailable"],
  deleteRouting: ["store_unavailable"],
  listTenantCollections: ["store_unavailable"],
  getMetrics: ["store_unavailable"],
  verifyCollection: STORED,
  startMigration: MIGRATION,
  getMigration: MIGRATION,
  copyItems: MIGRATION,
  switchMigration: MIGRATION,
  rollBackMigration: MIGRATION,
  endMigration: MIGRATION,
  listSnapshots: SNAPSHOTS,
  createSnapshot: [...SNAPSHOTS, "snapshot_conflict"],
  restoreSnapshot: [...SNAPSHOTS, "snapshot_conflict", "snapshot_not_found"],
  deleteSnapshot: [...SNAPSHOTS, "snapshot_conflict", "snapshot_not_found"],
};

/** Of a tenant's own collections nobody asks whether there is such a tenant: one that there is not has none. */
const knowsTenant = ({ path }: RouteDoc): boolean => /\{tenant\}(\/keys|\/usage|$)/.test(path);

/** @returns codes by status, each in the catalogue's order. */
export function errorsOf(route: RouteDoc): ReadonlyMap<number, Codes> {
  if (route.access === "public") return new Map();
  const isOperators = route.access === "operator";
  const isFree = route.operationId === "getUsage";
  const codes = new Set<ErrorCode>([
    ...EVERYBODY,
    ...(isOperators ? OPERATOR : KEY),
    ...(isOperators || isFree ? [] : LIMITS),
    ...(isOperators || isFree || route.operationId === "listModels" ? [] : SCOPE),
    ...(route.params || route.query || route.body ? (["invalid_request"] as const) : []),
    ...(route.body ? BODY : []),
    ...(route.idempotent ? IDEMPOTENT : []),
    ...(isOperators && knowsTenant(route) ? (["tenant_not_found"] as const) : []),
    ...(route.path.includes("{key}") ? (["key_not_found"] as const) : []),
    ...(OF_OPERATION[route.operationId] ?? []),
  ]);
  const catalogue = Object.keys(ERRORS) as ErrorCode[];
  return Map.groupBy(
    catalogue.filter((code) => codes.has(code)),
    (code) => ERRORS[code].status,
  );
}
