/** What the world in which the worker is tested (`dev/src/testing/edge-world.ts`) gives to the tests inside workerd. */
import type { PlanName } from "../limits.ts";
import { SCOPES, type Scope } from "../tenants.ts";

/** The keys of the tests' tenants. */
export const TEST_KEYS = {
  full: { tenant: "acme", plan: "unlimited", scopes: SCOPES },
  other: { tenant: "rival", plan: "unlimited", scopes: SCOPES },
  // Has collections of its own, which `other` has not.
  neighbour: { tenant: "neighbour", plan: "unlimited", scopes: SCOPES },
  searchOnly: { tenant: "acme", plan: "unlimited", scopes: ["search"] },
  // Has limits to spare. Those below use theirs up: no two files of tests may want answers of the same one.
  frugal: { tenant: "frugal", plan: "free", scopes: SCOPES },
  poor: { tenant: "poor", plan: "free", scopes: SCOPES },
  roundTrip: { tenant: "round-trip", plan: "free", scopes: SCOPES },
  logged: { tenant: "logged", plan: "free", scopes: SCOPES },
  emptied: { tenant: "emptied", plan: "free", scopes: SCOPES },
} as const satisfies Record<string, { tenant: string; plan: PlanName; scopes: readonly Scope[] }>;
export type TestKey = keyof typeof TEST_KEYS;

/** What the tests in workerd find in their bindings. */
export interface WorldBindings {
  readonly ENVIRONMENT: string;
  readonly BACKEND_URL: string;
  readonly BACKEND_SECRET: string;
  readonly FAULTY_BACKEND_URL: string;
  readonly REDIS_URL: string;
  /** The same Redis, which `PUT /mode/down` and `/mode/up` take away and bring back. */
  readonly SWITCHED_REDIS_URL: string;
  /** A backend that serves a second revision of the built-in model, too, and writes to Qdrant, through the same switch as the worker's reads: it is taken away from both at once. */
  readonly QDRANT_BACKEND_URL: string;
  readonly SWITCHED_QDRANT_URL: string;
  /** Takes spans; that backend sends it those of the traces that are recorded. */
  readonly OTLP_URL: string;
  readonly QDRANT_READ_KEY: string;
  /** For the conformance suite: a real server where the environment names one, else the double. */
  readonly TEST_QDRANT: { readonly url: string; readonly apiKey: string };
  readonly REDIS_TOKEN: string;
  readonly KEY_PEPPER: string;
  readonly ADMIN_TOKEN: string;
  readonly TEST_KEYS: Readonly<Record<TestKey, string>>;
}
