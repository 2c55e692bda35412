import { LineWriter } from '../../../src/proxy/telemetry/line-writer';
import { EventLog, MAX_LIST, MAX_REPEATS, MAX_TEXT, REPEAT_WINDOW_MS } from '../../../src/proxy/telemetry/log';
import { FakeClock } from '../../support/fake-clock';
import { textOf } from '../../support/text-of';

const NODE = { service: 'web', namespace: 'shop', version: 'v1', pod: 'web-1' };

function setUp() {
  const lines: string[] = [];
  const clock = new FakeClock();
  let suppressed = 0;
  const writer = new LineWriter({ write: (text, done) => { lines.push(textOf(text)); done(); } });
  const log = new EventLog(writer, clock, NODE, () => { suppressed += 1; });
  return { log, clock, lines, events: () => lines.map((line) => JSON.parse(line)), suppressed: () => suppressed };
}

describe('the event log', () => {
  it('writes one JSON line: when, how bad, what, whose, and the event\'s own fields', () => {
    const { log, lines } = setUp();
    log.warn('config_rejected', { hash: 'abc', problems: ['a', 'b'], attempts: 2, last: true, absent: undefined });
    expect(lines).toEqual([
      '{"time":"2023-11-14T22:13:21.000Z","level":"warn","event":"config_rejected",'
      + '"node":{"service":"web","namespace":"shop","version":"v1","pod":"web-1"},'
      + '"hash":"abc","problems":["a","b"],"attempts":2,"last":true}\n',
    ]);
  });

  it('has three levels', () => {
    const { log, events } = setUp();
    log.info('a');
    log.warn('b');
    log.error('c');
    expect(events().map(({ level, event }) => [level, event])).toEqual([['info', 'a'], ['warn', 'b'], ['error', 'c']]);
  });

  it('keeps to one line, given text with line ends', () => {
    const { log, lines, events } = setUp();
    log.info('a', { error: 'one\ntwo\u2028three' });
    expect(lines[0].indexOf('\n')).toBe(lines[0].length - 1);
    expect(events()[0].error).toBe('one\ntwo\u2028three');
  });

  it('does not let an event\'s field replace what every line has', () => {
    const { log, events } = setUp();
    log.info('a', { time: 'never', level: 'loud', event: 'b', node: 'x' });
    expect(events()[0]).toEqual({ time: '2023-11-14T22:13:21.000Z', level: 'info', event: 'a', node: NODE });
  });

  it('cuts long texts and lists, and says so', () => {
    const { log, events } = setUp();
    log.info('a', { text: 'x'.repeat(MAX_TEXT + 1), list: Array.from({ length: MAX_LIST + 3 }, (_, index) => `${index}`) });
    const [{ text, list }] = events();
    expect(text).toBe(`${'x'.repeat(MAX_TEXT)}... (${MAX_TEXT + 1} characters)`);
    expect(list).toHaveLength(MAX_LIST + 1);
    expect(list.at(-1)).toBe('... and 3 more');
  });

  it('bounds the rate of one event, sums up what was left out, and leaves other events alone', () => {
    const { log, clock, events, suppressed } = setUp();
    for (let turn = 0; turn < MAX_REPEATS + 30; turn++) log.error('storm', { turn });
    log.info('calm');
    expect(events().filter(({ event }) => event === 'storm')).toHaveLength(MAX_REPEATS);
    expect(events().at(-1).event).toBe('calm');
    expect(suppressed()).toBe(30);
    clock.advance(REPEAT_WINDOW_MS);
    expect(events().at(-1)).toMatchObject({ level: 'warn', event: 'events_suppressed', of: 'storm', count: 30 });
    log.error('storm', { turn: 'new' });
    expect(events().at(-1)).toMatchObject({ event: 'storm', turn: 'new' });
  });

  it('keeps neither timers nor memory of an event that has stopped', () => {
    const { log, clock, events } = setUp();
    log.info('once');
    clock.advance(REPEAT_WINDOW_MS);
    expect(clock.pending).toBe(0);
    expect(events()).toHaveLength(1);
  });
});
