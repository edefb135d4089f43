/** All that the reference shows: of one tenant, its shop, and an apple. */
import type { Examples } from "../example.ts";
import { COLLECTIONS } from "./collections.ts";
import { INFERENCE } from "./inference.ts";
import { OPERATOR } from "./operator.ts";
import { SERVICE } from "./service.ts";

export const EXAMPLES: Examples = { ...SERVICE, ...INFERENCE, ...COLLECTIONS, ...OPERATOR };
