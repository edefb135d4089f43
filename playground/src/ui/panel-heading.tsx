/** What a panel is for, in a heading and a sentence. */
import type { JSX } from "preact";

interface PanelHeadingProps {
  readonly heading: string;
  readonly lead: string;
}

export function PanelHeading({ heading, lead }: PanelHeadingProps): JSX.Element {
  return (
    <header class="panel-heading">
      <h1>{heading}</h1>
      <p class="lead">{lead}</p>
    </header>
  );
}
