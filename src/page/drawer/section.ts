/** A part of the drawer. */
import type { ServiceView, Snapshot } from '../../cli/live';
import type { Controls } from '../../cli/page/protocol';

/** What a section is shown. */
export interface Shown {
  readonly service: ServiceView;
  readonly snapshot: Snapshot;
  readonly controls: Controls | undefined;
}

export interface Section {
  readonly element: HTMLElement;
  show(shown: Shown): void;
}
