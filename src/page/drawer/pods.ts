/** Pods of a service as its callers have them, with the reason when one takes no requests. */
import type { PodView } from '../../cli/live';
import type { Act } from '../controls';
import { html, List, Row, say, set, table } from '../dom';
import { rate, time } from '../format';
import { stateOf, worstOf } from '../mesh-view';
import type { Section, Shown } from './section';

interface Item {
  readonly pod: PodView;
  readonly state: string;
  readonly note: string;
  readonly inFlight: number;
  readonly zone: string;
  readonly canKill: boolean;
}

export class Pods implements Section {
  readonly element: HTMLElement;
  private readonly rows: List<Item>;

  constructor(act: Act) {
    const { element, body } = table('Pods', ['Pod', 'State', 'Rate', 'p99', 'Active', '']);
    this.rows = new List(body, ({ pod }) => pod.pod, (item) => podRow(item, act));
    this.element = html('section', { 'aria-label': 'Pods' }, html('h3', {}, 'Pods'), element);
  }

  show({ service, snapshot, controls }: Shown): void {
    set(this.element, 'hidden', service.pods.length === 0);
    this.rows.show(service.pods.map((pod): Item => {
      const said = snapshot.endpoints.filter((endpoint) => endpoint.service === service.id && endpoint.pod === pod.pod);
      const worst = worstOf(said);
      const judges = worst && worst.callers > 1 && worst.state !== 'ready' ? ` (${worst.saidBy} of ${worst.callers} callers)` : '';
      return {
        pod,
        state: worst?.state ?? stateOf(pod.ready),
        note: [worst?.reason ? `${worst.reason}${judges}` : '', pod.rejected ? `its last configuration was refused: ${pod.rejected.join('; ')}` : '',
          identityNote(pod, snapshot.at)].filter((text) => text !== '').join(' · '),
        inFlight: said.reduce((sum, { inFlight }) => sum + inFlight, 0),
        zone: said.find(({ zone }) => zone !== undefined)?.zone ?? '',
        canKill: controls !== undefined,
      };
    }));
  }
}

/** Certificates are renewed long before this. */
const SOON_MS = 15 * 60_000;

function identityNote({ identityExpiresAt }: PodView, now: number): string {
  if (identityExpiresAt === undefined || identityExpiresAt - now > SOON_MS) return '';
  return identityExpiresAt < now ? 'its identity has expired' : `its identity expires in ${Math.ceil((identityExpiresAt - now) / 60_000)} min`;
}

function podRow({ pod: { pod } }: Item, act: Act): Row<Item> {
  const name = html('span');
  const detail = html('span', { class: 'small block' });
  const state = html('span', { class: 'state' });
  const cells = [html('td'), html('td'), html('td')];
  const kill = html('button', { type: 'button', class: 'harm', 'aria-label': `Kill ${pod}` }, 'Kill');
  kill.addEventListener('click', () => act({ type: 'kill', pod }));
  return {
    element: html('tr', {}, html('th', { scope: 'row' }, name, detail), html('td', {}, state), ...cells, html('td', {}, kill)),
    update: ({ pod: { version, figures }, state: now, note, inFlight, zone, canKill }) => {
      say(name, pod);
      say(detail, [version, zone, note].filter((text) => text !== '').join(' · '));
      say(state, now);
      set(state, 'class', `state ${now}`);
      [rate(figures.rate), time(figures.p99Ms), String(inFlight)].forEach((text, index) => say(cells[index]!, text));
      set(kill, 'hidden', !canKill);
    },
  };
}
