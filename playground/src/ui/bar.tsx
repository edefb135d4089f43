/** A share of one as a bar with its percentage. */
import type { JSX } from "preact";

interface BarProps {
  /** 0 to 1; undefined while it is not known. */
  readonly share: number | undefined;
  /** The best of its neighbours stands out. */
  readonly isBest: boolean;
}

export function Bar({ share, isBest }: BarProps): JSX.Element {
  return (
    <span class="bar" data-best={isBest} data-testid="bar">
      <i aria-hidden="true">
        {/* Through the object model, which the content security policy allows; a style attribute it would not. */}
        <b style={{ inlineSize: `${(share ?? 0) * 100}%` }} />
      </i>
      {/* No <output>: each is a live region, and an answer would have every one of them read aloud. */}
      <span class="bar-share">{share === undefined ? "" : percent(share)}</span>
    </span>
  );
}

/** Nothing that a model says is certain: 100 % would be a lie of rounding. */
export function percent(share: number): string {
  const rounded = Math.round(share * 1000) / 10;
  if (rounded >= 100) return "> 99.9%";
  if (rounded <= 0) return "< 0.1%";
  return `${rounded.toFixed(1)}%`;
}
