/** What can be done to the whole mesh: traffic, and the loss of a zone. Not there when the page only looks. */
import type { Action, Controls } from '../cli/page/protocol';
import { html, set } from './dom';

const RATES = [0, 5, 20, 50, 100, 200];

export type Act = (action: Action) => void;

export class MeshControls {
  private readonly rate = html('select', { id: 'rate' });
  private readonly zone = html('select', { id: 'zone' });
  private readonly drop = html('button', { type: 'button', class: 'harm' }, 'Drop zone');
  private readonly zones = html('span', { class: 'control' }, html('label', { for: 'zone' }, 'Zone'), this.zone, this.drop);
  readonly element = html('div', { class: 'controls', hidden: true },
    html('span', { class: 'control' }, html('label', { for: 'rate' }, 'Traffic on each call'), this.rate), this.zones);

  constructor(act: Act) {
    this.rate.addEventListener('change', () => act({ type: 'traffic', rate: Number(this.rate.value) }));
    this.drop.addEventListener('click', () => act({ type: 'dropZone', zone: this.zone.value }));
  }

  show(controls: Controls | undefined): void {
    set(this.element, 'hidden', !controls);
    if (!controls) return;
    options(this.rate, [...new Set([...RATES, controls.traffic])].sort((a, b) => a - b).map((rate) => [String(rate), rate === 0 ? 'none' : `${rate} requests/s`]));
    if (document.activeElement !== this.rate) this.rate.value = String(controls.traffic);
    set(this.zones, 'hidden', controls.zones.length < 2);
    options(this.zone, controls.zones.map((zone) => [zone, zone]));
  }
}

/** Fills a choice, if it is not filled with this. */
export function options(select: HTMLSelectElement, values: readonly (readonly [value: string, text: string])[]): void {
  const key = JSON.stringify(values);
  if (select.dataset['key'] === key) return;
  const { value } = select;
  select.dataset['key'] = key;
  select.replaceChildren(...values.map(([each, text]) => html('option', { value: each }, text)));
  if (values.some(([each]) => each === value)) select.value = value;
}
