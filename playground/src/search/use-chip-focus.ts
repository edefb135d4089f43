/** The keyboard's place after a card has been used, which will be gone: on the chip that came of it. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface ChipFocus {
  /** Holds the chips. */
  readonly container: RefObject<HTMLDivElement>;
  /** The next chip that comes gets the focus. */
  readonly expect: () => void;
}

export function useChipFocus(): ChipFocus {
  const container = useRef<HTMLDivElement>(null);
  const isExpected = useRef(false);
  useEffect(() => {
    const last = container.current?.querySelector<HTMLElement>(".chip:last-child button");
    if (!isExpected.current || !last) return;
    isExpected.current = false;
    last.focus({ preventScroll: true });
  });
  return {
    container,
    expect() {
      isExpected.current = true;
    },
  };
}
