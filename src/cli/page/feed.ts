/** What has happened, newest last; so much of it is kept, and each page is told what it has not been told yet. */
import type { MeshEvent } from '../live';

/** Events that are kept. */
export const MAX_EVENTS = 200;

export class EventFeed {
  private events: MeshEvent[] = [];
  /** Of the first one that is kept. */
  private firstIndex = 0;

  add(events: readonly MeshEvent[]): void {
    this.events.push(...events);
    const surplus = Math.max(0, this.events.length - MAX_EVENTS);
    this.events = this.events.slice(surplus);
    this.firstIndex += surplus;
  }

  /** What came after `index` events, and how many there have been. */
  since(index: number): { readonly events: readonly MeshEvent[]; readonly index: number } {
    return { events: this.events.slice(Math.max(0, index - this.firstIndex)), index: this.firstIndex + this.events.length };
  }
}
