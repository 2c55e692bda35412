/** All about one service, in sections that follow the mesh while it is open. */
import type { Act } from '../controls';
import { html, say, set } from '../dom';
import { healthOf, rate, success, time } from '../format';
import { Callers } from './callers';
import { Distribution } from './distribution';
import { Pods } from './pods';
import type { Section, Shown } from './section';
import { Tap } from './tap';
import { Versions } from './versions';

export class Drawer {
  private readonly title = html('h2', { tabindex: -1 });
  private readonly figures = { rate: html('dd'), success: html('dd'), p50: html('dd'), p99: html('dd') };
  private readonly list = html('dl', { class: 'figures' },
    html('div', {}, html('dt', {}, 'rate'), this.figures.rate), html('div', {}, html('dt', {}, 'success'), this.figures.success),
    html('div', {}, html('dt', {}, 'p50'), this.figures.p50), html('div', {}, html('dt', {}, 'p99'), this.figures.p99));
  private readonly tap = new Tap();
  private readonly sections: readonly Section[];
  readonly element: HTMLElement;

  constructor(act: Act, onClose: () => void) {
    this.sections = [new Versions(act), new Pods(act), new Distribution(), this.tap, new Callers()];
    const close = html('button', { type: 'button', class: 'close', 'aria-label': 'Close' }, '×');
    close.addEventListener('click', onClose);
    this.element = html('section', { class: 'drawer', 'aria-label': 'Service' },
      html('div', { class: 'head' }, this.title, close), this.list, ...this.sections.map(({ element }) => element));
    this.element.addEventListener('keydown', ({ key }) => { if (key === 'Escape') onClose(); });
  }

  /** Another service is looked at. */
  open(): void {
    this.tap.stop();
    this.title.focus();
  }

  close(): void {
    this.tap.stop();
  }

  show(shown: Shown): void {
    const { name, kind, figures } = shown.service;
    say(this.title, kind === 'service' ? name : `${name} (${kind})`);
    set(this.list, 'class', `figures ${healthOf(figures)}`);
    say(this.figures.rate, rate(figures.rate));
    say(this.figures.success, success(figures.success));
    say(this.figures.p50, time(figures.p50Ms));
    say(this.figures.p99, time(figures.p99Ms));
    for (const section of this.sections) section.show(shown);
  }
}
