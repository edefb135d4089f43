/** A part of the question that can be taken away. */
import type { ComponentChildren, JSX } from "preact";
import { Icon } from "./icons.tsx";

interface ChipProps {
  readonly image?: ComponentChildren;
  readonly text: string;
  readonly removeLabel: string;
  readonly isNegative?: boolean;
  readonly onRemove: () => void;
}

export function Chip({ image, text, removeLabel, isNegative = false, onRemove }: ChipProps): JSX.Element {
  return (
    <span class="chip" data-negative={isNegative} data-testid="chip">
      {image}
      <span>{text}</span>
      <button type="button" aria-label={removeLabel} onClick={onRemove}>
        <Icon name="close" />
      </button>
    </span>
  );
}
