/** The first page: makes the parts and hands them to the frame. */
import "./styles/main.css";
import { render } from "preact";
import { createApi } from "./api/client.ts";
import { withPrecedence } from "./api/precedence.ts";
import { App } from "./app.tsx";
import { find } from "./dom.ts";
import { createPictureCache } from "./picture-cache.ts";
import { createSession } from "./session.ts";

const browserFetch: typeof fetch = (input, init) => fetch(input, init);

const session = createSession({ storage: sessionStorage, fetch: browserFetch });
const sleep = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const api = withPrecedence(createApi({ fetch: browserFetch, clock: () => performance.now(), session }), sleep);
const pictures = createPictureCache({
  load: ({ collection, id }, signal) => api.picture(collection, id, signal),
  urls: URL,
});

render(<App session={session} api={api} pictures={pictures} />, find("#app", HTMLElement));
