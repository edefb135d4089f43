const DAY_MS = 86_400_000;
/** Longer than any test that asks for usage takes. */
const MARGIN_MS = 40_000;

/** Waits for the next day, in UTC, where this one is nearly over: usage is told by day and month. */
export async function awaitDayThatLasts(): Promise<void> {
  const left = DAY_MS - (Date.now() % DAY_MS);
  if (left < MARGIN_MS) await new Promise((resolve) => setTimeout(resolve, left));
}
