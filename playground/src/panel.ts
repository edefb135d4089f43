/** What the frame tells a panel. A panel stays where it is while another is seen, and so keeps what was put into it. */

export interface PanelProps {
  readonly isActive: boolean;
  /** The panel's part of the page's address: all of its state that can be linked. */
  readonly query: string;
  /** @param isStep the person may want to go back to what was before. */
  readonly onQuery: (query: string, isStep?: boolean) => void;
}
