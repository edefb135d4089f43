/** Whether pictures support sentences, one pair or any number of them. */
import type {
  EntailmentListRequest,
  EntailmentListResponse,
  EntailmentRequest,
  EntailmentResponse,
  Pair,
} from "./entailment-types.ts";
import { pictureToWire } from "./inputs.ts";
import { shiftPlaces } from "./places.ts";
import { type BatchOptions, inCalls, totalUsage } from "./split.ts";
import type { CallOptions, Transport } from "./transport.ts";

const PATH = "/v1/entailment";

type Result = EntailmentListResponse["results"][number];

export async function entail(
  transport: Transport,
  { model, ...pair }: EntailmentRequest,
  options?: CallOptions,
): Promise<EntailmentResponse> {
  const json = { ...(await toWire(pair)), ...(model && { model }) };
  return transport.json({ method: "POST", path: PATH, json }, options);
}

export async function entailEach(
  transport: Transport,
  { pairs: list, ...request }: EntailmentListRequest,
  options: BatchOptions = {},
): Promise<EntailmentListResponse> {
  const parts = await inCalls(
    {
      field: "pairs",
      list,
      toWire,
      // A call takes as many pairs as pictures.
      loadOf: ({ image, hypothesis, caption = "" }) => ({
        texts: 0,
        images: 1,
        bytes: image.length + 3 * (hypothesis.length + caption.length),
      }),
      call: (pairs, callOptions) => {
        const json = { ...request, pairs };
        return transport.json<EntailmentListResponse>({ method: "POST", path: PATH, json }, callOptions);
      },
    },
    options,
  );
  const answers = parts.map(({ answer }) => answer);
  const sum = (of: "succeeded" | "failed") => answers.reduce((total, answer) => total + answer[of], 0);
  return {
    model: answers[0]?.model ?? "",
    succeeded: sum("succeeded"),
    failed: sum("failed"),
    results: parts.flatMap(({ from, answer }) => answer.results.map((result) => inWholeList(result, from))),
    usage: totalUsage(answers),
  };
}

async function toWire(pair: Pair) {
  const { hypothesis, caption } = pair;
  return { ...(await pictureToWire(pair)), hypothesis, ...(caption !== undefined && { caption }) };
}

function inWholeList(result: Result, from: number): Result {
  const index = from + result.index;
  if (result.status === "ok") return { ...result, index };
  const shift = (text: string) => shiftPlaces(text, "pairs", from);
  const { message, param } = result.error;
  const error = { ...result.error, message: shift(message), param: param === null ? null : shift(param) };
  return { ...result, index, error };
}
