/** Files that were not taken, each with the reason. */
import type { JSX } from "preact";

interface RefusalsProps {
  readonly heading: string;
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
}

export function Refusals({ heading, refused }: RefusalsProps): JSX.Element | null {
  if (refused.length === 0) return null;
  return (
    <section class="refusals" aria-label={heading}>
      <h2>{heading}</h2>
      <ul>
        {refused.map(({ id, reason }) => (
          <li key={id} data-testid="refusal">
            <strong>{id}</strong> {reason}
          </li>
        ))}
      </ul>
    </section>
  );
}
