/** The families of models, and what a model of any family has. */

import type { Family } from "@sightline/shared/internal/protocol";
import type { ClipModel } from "./clip/model.ts";
import type { OfaModel } from "./ofa/model.ts";

interface Models {
  readonly clip: ClipModel;
  readonly ofa: OfaModel;
}
export type ModelOf<F extends Family> = Models[F];
export type Model = ModelOf<Family>;

export const isOf = <F extends Family>(model: Model, family: F): model is ModelOf<F> => model.served.family === family;
