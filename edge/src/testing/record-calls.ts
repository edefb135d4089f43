import { vi } from "vitest";

const real = globalThis.fetch;

/** Bodies of the calls to Redis from now on, until mocks are restored. */
export function recordCalls(): unknown[][] {
  const bodies: unknown[][] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation((input, init) => {
    bodies.push(JSON.parse(String(init?.body)));
    return real(input, init);
  });
  return bodies;
}
