/** Versions: declared weight beside measured share, how stand-ins behave, and fields to change both. */
import type { VersionView } from '../../cli/live';
import type { VersionControls } from '../../cli/page/protocol';
import { Act, options } from '../controls';
import { html, List, Row, say, set } from '../dom';
import { percent, rate, time } from '../format';
import { VersionRow, versionRows } from '../mesh-view';
import type { Section, Shown } from './section';

const DELAYS = [[0, 'at once'], [50, 'in 50 ms'], [300, 'in 300 ms'], [2_000, 'in 2 s']] as const;
const FAILURES = [[0, 'none fail'], [5, '5 % fail'], [50, 'half fail'], [100, 'all fail']] as const;

interface Item extends VersionRow {
  readonly service: string;
  readonly view: VersionView;
  readonly controls: VersionControls | undefined;
}

export class Versions implements Section {
  private readonly rows = html('div');
  private readonly weights = new Map<string, HTMLInputElement>();
  private readonly shift = html('button', { type: 'button' }, 'Shift weights');
  readonly element = html('section', { 'aria-label': 'Versions' }, html('h3', {}, 'Versions'), this.rows, this.shift);
  private list: List<Item>;
  private service = '';

  constructor(private readonly act: Act) {
    this.list = this.newList();
    this.shift.addEventListener('click', () => {
      const weights = Object.fromEntries([...this.weights].map(([version, input]) => [version, Number(input.value)]));
      act({ type: 'weights', service: this.service, weights });
    });
  }

  show({ service, snapshot, controls }: Shown): void {
    set(this.element, 'hidden', service.versions.length === 0);
    if (service.id !== this.service) {
      this.rows.replaceChildren();
      this.weights.clear();
      this.list = this.newList();
      this.service = service.id;
    }
    const items = versionRows(service, snapshot).map((row, index): Item => ({
      ...row, service: service.id, view: service.versions[index]!,
      controls: controls?.versions.find((one) => one.service === service.id && one.version === row.version),
    }));
    this.list.show(items);
    set(this.shift, 'hidden', items.filter(({ controls: own }) => own?.weight !== undefined).length < 2);
  }

  private newList(): List<Item> {
    return new List<Item>(this.rows, ({ version }) => version, (item) => this.rowOf(item));
  }

  private rowOf({ service, version }: Item): Row<Item> {
    const measured = html('progress', { max: 1, 'aria-label': `Measured share of ${version}` });
    const words = html('p', { class: 'small' });
    const weight = html('input', { type: 'number', min: 0, max: 1_000, 'aria-label': `Weight of ${version}` });
    const delay = html('select', { 'aria-label': `How fast ${version} answers` });
    const failures = html('select', { 'aria-label': `How many requests ${version} fails` });
    options(delay, DELAYS.map(([ms, text]) => [String(ms), text]));
    options(failures, FAILURES.map(([share, text]) => [String(share), text]));
    const behave = (): void => this.act({ type: 'behave', service, version, delayMs: Number(delay.value), failPercent: Number(failures.value) });
    for (const select of [delay, failures]) select.addEventListener('change', behave);
    const behaviour = html('span', { class: 'control' }, 'answers ', delay, failures);
    const weightField = html('label', { class: 'control' }, 'weight ', weight);
    const controls = html('div', { class: 'row' }, weightField, behaviour);
    let told: number | undefined;
    return {
      element: html('div', { class: 'version' }, html('strong', {}, version), measured, words, controls),
      update: ({ declared, measured: share, view: { figures, pods }, controls: own }) => {
        measured.value = share ?? 0;
        say(words, `${percent(share)} of requests${declared === undefined ? '' : `, declared ${percent(declared)}`} · ${pods} ${pods === 1 ? 'pod' : 'pods'}`
          + ` · ${rate(figures.rate)} · p99 ${time(figures.p99Ms)}`);
        set(controls, 'hidden', !own);
        set(weightField, 'hidden', own?.weight === undefined);
        set(behaviour, 'hidden', !own?.behaviour);
        // What somebody is typing stays.
        if (own?.weight !== undefined && own.weight !== told) weight.value = String(told = own.weight);
        if (own?.weight !== undefined) this.weights.set(version, weight);
        if (own?.behaviour && document.activeElement !== delay) choose(delay, own.behaviour.delayMs, `in ${time(own.behaviour.delayMs)}`);
        if (own?.behaviour && document.activeElement !== failures) choose(failures, own.behaviour.failPercent, `${own.behaviour.failPercent} % fail`);
      },
    };
  }
}

/** Chooses a value, which may be one that the page does not offer. */
function choose(select: HTMLSelectElement, value: number, text: string): void {
  if (![...select.options].some((option) => option.value === String(value))) select.append(html('option', { value }, text));
  select.value = String(value);
}
