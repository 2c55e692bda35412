/** What happened, newest first. Read out as it comes. */
import type { MeshEvent } from '../cli/live';
import { nameOf } from './calls';
import { html } from './dom';
import { clockTime } from './format';

/** Events that are shown. */
const SHOWN = 100;

export class Feed {
  private readonly list = html('ol', { role: 'log', 'aria-live': 'polite', 'aria-label': 'Events' });
  private readonly empty = html('p', { class: 'hint' }, 'Nothing has happened yet. Ejections, failovers, reloads, certificates and pods that come and go are told here.');
  readonly element = html('section', { class: 'feed', 'aria-label': 'Events' }, html('h2', {}, 'Events'), this.empty, this.list);

  add(events: readonly MeshEvent[]): void {
    if (events.length === 0) return;
    this.empty.hidden = true;
    for (const { at, severity, kind, service, text } of events) {
      this.list.prepend(html('li', { class: severity }, html('time', {}, clockTime(at)), html('span', { class: 'tag' }, kind), html('span', {}, nameOf(service)), html('span', {}, text)));
    }
    while (this.list.childElementCount > SHOWN) this.list.lastElementChild!.remove();
  }

  /** The command was started anew, and tells everything from its beginning. */
  clear(): void {
    this.list.replaceChildren();
  }
}
