/** A network that hands each request to a function; addresses are resolved as a browser would, from the page's. */

export const PAGE = "https://sightline.example/";

interface Network {
  readonly fetch: typeof fetch;
  readonly seen: readonly Request[];
}

export function networkOf(answer: (request: Request) => Response | Promise<Response>): Network {
  const seen: Request[] = [];
  return {
    seen,
    async fetch(input, init) {
      const request = new Request(new URL(String(input), PAGE), init);
      seen.push(request.clone());
      const response = await answer(request);
      request.signal.throwIfAborted();
      return response;
    },
  };
}
