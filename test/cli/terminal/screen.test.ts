/** The live table in terminals of several sizes: what a terminal shows is worked out from what is written to it. */
import { LatencyHistogram } from '../../../src/simulation';
import type { Flow } from '../../../src/cli/up/traffic/flow';
import type { Pod, PodState } from '../../../src/cli/up/pod';
import { Screen, Terminal } from '../../../src/cli/terminal/screen';
import { statusOf } from '../../../src/cli/up/status';
import { plain } from '../../../src/cli/terminal/table';
import { Tally } from '../../../src/cli/up/traffic/tally';
import { workloadOf } from '../up/support';

/** A terminal that follows what `Screen` uses of ANSI: up by lines, to the beginning of a line, and erase to the end. */
class FakeTerminal {
  readonly isTTY = true;
  /** All lines, those that have scrolled away too; the cursor is in one of them. */
  private readonly lines = [''];
  private cursor = 0;

  constructor(public rows: number, public columns = 80) {}

  on(): this { return this; }

  write(text: string): boolean {
    for (const [part] of text.matchAll(/\u001b\[(\d*)([A-Z])|\r|\n|[^\u001b\r\n]+/g)) {
      const [, number, command] = /^\u001b\[(\d*)([A-Z])$/.exec(part) ?? [];
      if (part === '\n') {
        this.cursor += 1;
        this.lines[this.cursor] ??= '';
      } else if (command === 'A') {
        // A terminal doesn't go above its first line.
        this.cursor = Math.max(this.cursor - Number(number), Math.max(0, this.lines.length - this.rows));
      } else if (command === 'J') this.lines.length = this.cursor + 1;
      else if (part !== '\r') {
        if (part.length > this.columns) throw new Error(`longer than the terminal is wide: ${part}`);
        this.lines[this.cursor] = part;
      }
      if (command === 'J') this.lines[this.cursor] = '';
    }
    return true;
  }

  get all(): readonly string[] { return this.lines.slice(0, -1); }
  get shown(): readonly string[] { return this.lines.slice(-this.rows).slice(0, -1); }
}

function podOf(name: string, state: PodState = 'ready', service = 'catalog'): Pod {
  return { name, state, zone: 'a', workload: workloadOf(service) } as Pod;
}

const PODS = Array.from({ length: 70 }, (_, index) => podOf(`catalog-${String(index).padStart(2, '0')}`));

/** The tally of a second in which these pods answered so much. */
function tallyOf(answers: Readonly<Record<string, number>>): Tally {
  const flow: Flow = { from: 'web', to: 'catalog', service: 'catalog', host: 'catalog', declared: new Map(), target: () => undefined, expected: () => new Map() };
  const tally = new Tally(flow);
  for (const [pod, answered] of Object.entries(answers)) {
    tally.pods.set(pod, { pod, version: 'v1', fallback: false, latency: new LatencyHistogram(), answered, failed: 0, expected: 0 });
  }
  return tally;
}

const names = (lines: readonly string[]): string[] => lines.flatMap((line) => /catalog-\d\d/.exec(line)?.[0] ?? []);

describe('the table', () => {
  test('has all pods by name where there is room', () => {
    expect(names(statusOf(PODS, [tallyOf({ 'catalog-69': 5 })], 1, plain))).toEqual(PODS.map(({ name }) => name));
    expect(names(statusOf(PODS, [], 1, plain, 71))).toHaveLength(70);
  });

  test('has those with requests first where there is not, then those that are not ready, and says what is left out', () => {
    const pods = [...PODS.slice(0, 60), podOf('catalog-60', 'starting'), ...PODS.slice(61)];
    const lines = statusOf(pods, [tallyOf({ 'catalog-69': 5, 'catalog-40': 9 })], 1, plain, 8);
    expect(lines).toHaveLength(8);
    expect(names(lines)).toEqual(['catalog-40', 'catalog-69', 'catalog-60', 'catalog-00', 'catalog-01', 'catalog-02']);
    expect(lines.at(-1)).toBe('and 64 more: 64 ready');
  });

  test('has the busiest where not all of those have room', () => {
    const lines = statusOf(PODS, [tallyOf(Object.fromEntries(PODS.map(({ name }, index) => [name, index + 1])))], 1, plain, 5);
    expect(names(lines)).toEqual(['catalog-67', 'catalog-68', 'catalog-69']);
    expect(lines.at(-1)).toBe('and 67 more: 67 ready');
  });

  test('is left out where it has no room for a row', () => {
    expect(statusOf(PODS, [], 1, plain, 2)).toEqual([]);
  });
});

describe.each([40, 24, 10, 5, 3])('in a terminal of %d rows', (rows) => {
  const body = (room: number): string[] => statusOf(PODS, [], 1, plain, room);

  test('the summary is always seen, and what is drawn is erased again', () => {
    const terminal = new FakeTerminal(rows);
    const screen = new Screen(terminal as unknown as Terminal);
    screen.say('one');
    for (let second = 1; second <= 5; second += 1) {
      screen.show(body, ['', `summary ${second}`]);
      expect(terminal.shown.at(-1)).toBe(`summary ${second}`);
      expect(terminal.all.filter((line) => line.startsWith('summary'))).toHaveLength(1);
      if (rows >= 10) expect(terminal.shown.at(-3)).toMatch(/^and \d+ more: \d+ ready$/);
    }
    screen.say('two');
    expect(terminal.shown.at(-1)).toBe('summary 5');
    screen.clear();
    expect(terminal.all).toEqual(['one', 'two']);
  });

  test('a resize is followed at the next draw', () => {
    const terminal = new FakeTerminal(rows);
    const screen = new Screen(terminal as unknown as Terminal);
    screen.show(body, ['summary']);
    terminal.rows = 60;
    screen.show(body, ['summary']);
    expect(terminal.all).toHaveLength(58);
    expect(terminal.shown.at(-1)).toBe('summary');
  });
});
