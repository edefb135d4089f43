/** A part of the question that can be taken away. */
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Icon } from "./icons.tsx";

interface ChipProps {
  readonly image?: ComponentChildren;
  readonly text: string;
  readonly removeLabel: string;
  readonly isNegative?: boolean;
  readonly onRemove: () => void;
}

export function Chip({ image, text, removeLabel, isNegative = false, onRemove }: ChipProps): JSX.Element {
  const chip = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const element = chip.current;
    return () => element && passFocusOn(element);
  }, []);
  return (
    <span ref={chip} class="chip" data-negative={isNegative} data-testid="chip">
      {image}
      <span>{text}</span>
      <button type="button" aria-label={removeLabel} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </span>
  );
}

/** Of a chip that leaves: the keyboard's place goes to one beside it, or to the field that it belonged to. */
function passFocusOn(chip: HTMLElement): void {
  if (!chip.contains(document.activeElement)) return;
  const neighbours = [chip.nextElementSibling, chip.previousElementSibling];
  const button = neighbours.find((neighbour) => neighbour?.matches(".chip"))?.querySelector("button");
  const around = chip.closest("fieldset, section, .field");
  // Once the rest of the change is made: a field may come into the chip's place.
  queueMicrotask(() => (button?.isConnected ? button : around?.querySelector("input"))?.focus());
}
