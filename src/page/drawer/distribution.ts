/** How long requests took, as bars. */
import type { LatencyBar } from '../../cli/live';
import { html, List, say, set } from '../dom';
import { percent, time } from '../format';
import type { Section, Shown } from './section';

interface Item extends LatencyBar {
  readonly share: number;
  readonly ofMost: number;
}

export class Distribution implements Section {
  private readonly bars = html('ul', { class: 'bars' });
  private readonly failures = html('p', { class: 'small' });
  private readonly list = new List<Item>(this.bars, ({ toMs }) => String(toMs), () => {
    const label = html('span', { class: 'label' });
    const bar = html('progress', { max: 1, 'aria-hidden': true });
    const share = html('span', { class: 'share' });
    return {
      element: html('li', {}, label, bar, share),
      update: ({ toMs, share: part, ofMost }) => {
        say(label, toMs === undefined ? 'longer' : `≤ ${toMs < 1 ? `${toMs} ms` : time(toMs).replace('.0', '')}`);
        bar.value = ofMost;
        say(share, part > 0 && part < 0.005 ? '<1 %' : percent(part));
      },
    };
  });

  readonly element = html('section', { 'aria-label': 'Latency' }, html('h3', {}, 'Latency'), this.bars, this.failures);

  show({ service: { distribution, failures } }: Shown): void {
    set(this.element, 'hidden', distribution.length === 0);
    const total = distribution.reduce((sum, { rate }) => sum + rate, 0);
    const most = Math.max(...distribution.map(({ rate }) => rate));
    this.list.show(distribution.map((bar): Item => ({ ...bar, share: bar.rate / total, ofMost: bar.rate / most })));
    say(this.failures, failures.length === 0 ? '' : `The proxies answered by themselves: ${failures.map(({ reason, rate }) => `${reason} ${rate.toFixed(1)}/s`).join(', ')}`);
  }
}
