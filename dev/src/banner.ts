/** What a person sees when the stack is up: where it is, with which key, and three calls to try. */
export function banner(url: string, apiKey: string): string {
  const auth = `-H "Authorization: Bearer ${apiKey}" -H "Content-Type: application/json"`;
  return `
  Sightline is ready.

    page       ${url}
    reference  ${url}/docs
    API key    ${apiKey}

  Pictures that match words:

    curl -s ${url}/v1/collections/emoji/search ${auth} -d '{"query":"a red apple","top_k":3}'

  Which words fit a text or a picture:

    curl -s ${url}/v1/classify ${auth} -d '{"input":"a juicy red apple","labels":["fruit","vehicle","animal"]}'

  A vector:

    curl -s ${url}/v1/embeddings ${auth} -d '{"input":"a red apple","encoding_format":"base64"}'

  Ctrl-C ends it.
`;
}
