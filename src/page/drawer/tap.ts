/** The last requests at the proxies of a service, with their attempts, while somebody asks for them. */
import type { TappedRequest } from '../../cli/page/protocol';
import { tap } from '../api';
import { html, List, say, set, table, textRow } from '../dom';
import { time } from '../format';
import type { Section, Shown } from './section';

const PERIOD_MS = 1_000;

export class Tap implements Section {
  private readonly button = html('button', { type: 'button', 'aria-pressed': 'false' }, 'Show requests');
  private readonly note = html('p', { class: 'small', role: 'status' });
  private readonly scroll: HTMLElement;
  private readonly rows: List<TappedRequest>;
  readonly element: HTMLElement;
  private timer: ReturnType<typeof setInterval> | undefined;
  private service = '';

  constructor() {
    const { element, body } = table('Recent requests', ['Request', 'Status', 'Time', 'Attempts']);
    this.rows = new List(body, ({ id }) => id, textRow<TappedRequest>((request) => [
      `${request.method ?? ''} ${request.path ?? ''}`, [request.status, request.reason ?? ''].join(' ').trim(), time(request.durationMs), attemptsOf(request),
    ], ({ status }) => (status >= 500 ? 'bad' : '')));
    this.scroll = html('div', { class: 'tap', hidden: true, tabindex: 0, role: 'region', 'aria-label': 'Recent requests' }, element);
    this.button.addEventListener('click', () => { if (this.timer === undefined) this.start(); else this.stop(); });
    this.element = html('section', { 'aria-label': 'Tap' }, html('h3', {}, 'Tap'), this.button, this.note, this.scroll);
  }

  show({ service: { id, kind } }: Shown): void {
    if (id !== this.service) this.stop();
    this.service = id;
    set(this.element, 'hidden', kind === 'outside');
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.rows.show([]);
    this.showRunning(false);
    say(this.note, '');
  }

  private start(): void {
    this.timer = setInterval(() => void this.ask(), PERIOD_MS);
    this.showRunning(true);
    say(this.note, 'waiting for requests …');
    void this.ask();
  }

  private showRunning(isRunning: boolean): void {
    set(this.button, 'aria-pressed', String(isRunning));
    say(this.button, isRunning ? 'Stop' : 'Show requests');
    set(this.scroll, 'hidden', !isRunning);
  }

  private async ask(): Promise<void> {
    const { service } = this;
    try {
      const requests = await tap(service);
      if (this.timer === undefined || service !== this.service) return;
      this.rows.show(requests);
      say(this.note, requests.length === 0 ? 'waiting for requests …' : `the last ${requests.length}, newest first`);
    } catch (error) {
      say(this.note, (error as Error).message);
    }
  }
}

/** `10.0.0.1:80`; of several attempts each with what became of it. */
function attemptsOf({ tried, endpoint, attempts }: TappedRequest): string {
  if (!tried) return endpoint ?? (attempts === 0 ? 'none' : String(attempts));
  return tried.map((text) => {
    const [where = '', outcome = '', ms = ''] = text.split(';');
    return `${where} ${outcome} ${time(Number(ms))}`;
  }).join(', then ');
}
