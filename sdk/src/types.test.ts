/**
 * The types that the SDK publishes are those of the contract: checked by `tsc`, where a field that is missing, too many or of
 * another type is an error in the list below.
 */
import type * as admin from "@sightline/shared/api/admin";
import type * as collections from "@sightline/shared/api/collections";
import type * as entailment from "@sightline/shared/api/entailment";
import type { Condition, FilterGroup } from "@sightline/shared/api/filter";
import type * as inference from "@sightline/shared/api/inference";
import type { Input as ContractInput } from "@sightline/shared/api/input";
import type * as usage from "@sightline/shared/api/usage";
import type { ErrorCode as ContractErrorCode } from "@sightline/shared/errors";
import { expect, it } from "vitest";
import type { z } from "zod";
import type * as operator from "./cli/operator.ts";
import type * as sdk from "./index.ts";
import type { WireInput } from "./inputs.ts";

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
/** Every optional field is there: assignability alone would not miss one that a side does not know. */
type Complete<T> = T extends object ? { readonly [K in keyof T]-?: Complete<Exclude<T[K], undefined>> } : T;
type Fits<A, B> = [A] extends [B] ? true : false;
type Both<A, B> = Fits<A, B> & Fits<B, A>;
type Same<A, B> = Both<DeepReadonly<A>, DeepReadonly<B>> & Both<Complete<A>, Complete<B>>;

type Written<T extends z.ZodType> = z.input<T>;
/** What a caller gives in a richer form than goes over the wire, or what a method has as a parameter of its own. */
type Rest<T, K extends PropertyKey> = Omit<T, K>;
type ContractItem = Written<typeof collections.ItemInput>;

const agreements: readonly true[] = [
  agree<Same<sdk.ClassifyResponse, inference.ClassifyResponse>>(true),
  agree<Same<sdk.RankResponse, inference.RankResponse>>(true),
  agree<Same<sdk.EntailmentResponse, entailment.EntailmentResponse>>(true),
  agree<Same<sdk.EntailmentListResponse, entailment.EntailmentListResponse>>(true),
  agree<Same<Exclude<KeysOf<sdk.EntailmentRequest>, "file">, keyof Written<typeof entailment.EntailmentRequest>>>(true),
  agree<Same<keyof sdk.EntailmentListRequest, keyof Written<typeof entailment.EntailmentListRequest>>>(true),
  agree<Same<sdk.Model, inference.ModelsResponse["data"][number]>>(true),
  agree<Same<sdk.TokenUsage, inference.Usage>>(true),
  agree<Same<sdk.Usage, usage.Usage>>(true),
  agree<Same<sdk.CollectionInfo, collections.Collection>>(true),
  agree<Same<sdk.CollectionSummary, z.infer<typeof collections.CollectionList>["data"][number]>>(true),
  agree<Same<sdk.CollectionSettings, Written<typeof collections.PutCollectionRequest>>>(true),
  agree<Same<sdk.UpsertResponse, collections.PutItemsResponse>>(true),
  agree<Same<sdk.Item, collections.Item>>(true),
  agree<Same<sdk.SearchResponse, collections.SearchResponse>>(true),
  agree<Same<KeysOf<sdk.ItemSelector>, KeysOf<Written<typeof collections.DeleteItemsRequest>>>>(true),
  agree<Same<sdk.ErrorCode, ContractErrorCode>>(true),
  agree<Same<sdk.FilterCondition, Condition>>(true),
  agree<Same<keyof sdk.FilterGroup, keyof FilterGroup>>(true),
  agree<Same<Rest<sdk.ClassifyRequest, "input">, Rest<Written<typeof inference.ClassifyRequest>, "input">>>(true),
  agree<
    Same<
      Rest<sdk.RankRequest, "query" | "candidates">,
      Rest<Written<typeof inference.RankRequest>, "query" | "candidates">
    >
  >(true),
  agree<
    Same<
      Rest<sdk.SearchOptions, "negative" | "filter">,
      Rest<Written<typeof collections.SearchRequest>, "query" | "negative" | "filter">
    >
  >(true),
  agree<Both<sdk.Metadata, collections.ItemInput["metadata"]>>(true),
  // Of items and inputs: what goes over the wire is taken, and every field of the contract can be said.
  agree<Fits<WireInput, ContractInput>>(true),
  // The command line shows plans and scopes as they come: the deployment knows them.
  agree<Fits<admin.Tenant, operator.Tenant>>(true),
  agree<Same<keyof admin.Tenant, keyof operator.Tenant>>(true),
  agree<Fits<z.infer<typeof admin.NewApiKey>, operator.NewApiKey>>(true),
  agree<Same<keyof z.infer<typeof admin.NewApiKey>, keyof operator.NewApiKey>>(true),
  agree<Same<keyof Written<typeof admin.UpdateTenantRequest>, keyof operator.TenantChanges>>(true),
  agree<Same<keyof Written<typeof admin.CreateKeyRequest>, keyof operator.KeySettings>>(true),
  agree<Same<Written<typeof admin.UpdateKeyRequest>, operator.KeyChanges>>(true),
  agree<Same<KeysOf<ContractItem>, Exclude<KeysOf<sdk.ItemInput>, "file">>>(true),
];

type KeysOf<T> = T extends unknown ? keyof T : never;

function agree<T extends true>(yes: T): T {
  return yes;
}

it("has the contract's types", () => {
  expect(agreements).not.toContain(false);
});
