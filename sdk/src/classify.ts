/** Which of a caller's labels fit, for any number of inputs. */
import { toWire } from "./inputs.ts";
import { type BatchOptions, inCalls, loadOf, totalUsage } from "./split.ts";
import type { Transport } from "./transport.ts";
import type { ClassifyRequest, ClassifyResponse, Input } from "./types.ts";

export async function classify(
  transport: Transport,
  { input, ...request }: ClassifyRequest,
  options: BatchOptions = {},
): Promise<ClassifyResponse> {
  const parts = await inCalls(
    {
      field: "input",
      list: isList(input) ? input : [input],
      toWire,
      loadOf,
      call: (inputs, callOptions) => {
        const json = { ...request, input: isList(input) ? inputs : inputs[0] };
        return transport.json<ClassifyResponse>({ method: "POST", path: "/v1/classify", json }, callOptions);
      },
    },
    options,
  );
  return {
    model: parts[0]?.answer.model ?? "",
    data: parts.flatMap(({ from, answer }) => answer.data.map((one) => ({ ...one, index: from + one.index }))),
    usage: totalUsage(parts.map(({ answer }) => answer)),
  };
}

const isList = (input: Input | readonly Input[]): input is readonly Input[] => Array.isArray(input);
