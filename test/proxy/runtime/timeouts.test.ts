import * as fc from 'fast-check';
import { Timeout, TimeoutQueue, TimeoutQueues } from '../../../src/proxy/runtime/timeouts';
import { FakeClock } from '../../support/fake-clock';

function fixture(milliseconds = 1_600): { clock: FakeClock; queue: TimeoutQueue; fired: string[]; timeout: (name: string) => Timeout } {
  const clock = new FakeClock();
  const fired: string[] = [];
  return { clock, queue: new TimeoutQueue(clock, milliseconds), fired, timeout: (name) => new Timeout(() => fired.push(name)) };
}

test('fires once, not before its time and at most a sixteenth late', () => {
  const { clock, queue, fired, timeout } = fixture();
  timeout('a').start(queue);
  clock.advance(1_600);
  expect(fired).toEqual([]);
  clock.advance(100);
  expect(fired).toEqual(['a']);
  clock.advance(10_000);
  expect(fired).toEqual(['a']);
});

test('does not fire when stopped, and stopping twice does nothing', () => {
  const { clock, queue, fired, timeout } = fixture();
  const a = timeout('a');
  a.start(queue);
  a.stop();
  a.stop();
  clock.advance(10_000);
  expect(fired).toEqual([]);
});

test('starting again waits the whole time again', () => {
  const { clock, queue, fired, timeout } = fixture();
  const a = timeout('a');
  a.start(queue);
  clock.advance(1_500);
  a.start(queue);
  clock.advance(1_500);
  expect(fired).toEqual([]);
  clock.advance(300);
  expect(fired).toEqual(['a']);
});

test('waits in the queue it was started in last', () => {
  const { clock, queue, fired, timeout } = fixture();
  const other = new TimeoutQueue(clock, 100);
  const a = timeout('a');
  a.start(queue);
  a.start(other);
  clock.advance(110);
  expect(fired).toEqual(['a']);
  clock.advance(10_000);
  expect(fired).toEqual(['a']);
});

test('never fires in a queue of length 0', () => {
  const { clock, queue, fired, timeout } = fixture(0);
  timeout('a').start(queue);
  clock.advance(1e9);
  expect(fired).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('keeps one timer for any number of waits, and none when all are over', () => {
  const { clock, queue, timeout } = fixture();
  const many = Array.from({ length: 1_000 }, (_, i) => timeout(String(i)));
  many.forEach((one) => one.start(queue));
  expect(clock.pending).toBe(1);
  many.forEach((one) => one.stop());
  clock.advance(1_700);
  expect(clock.pending).toBe(0);
});

test('may be started and stopped by what another one does when it fires', () => {
  const { clock, queue, fired, timeout } = fixture();
  const second = timeout('second');
  const first = new Timeout(() => { fired.push('first'); second.stop(); first.start(queue); });
  first.start(queue);
  second.start(queue);
  clock.advance(1_700);
  expect(fired).toEqual(['first']);
  clock.advance(1_700);
  expect(fired).toEqual(['first', 'first']);
});

test('queues of equal length are one', () => {
  const queues = new TimeoutQueues(new FakeClock());
  expect(queues.of(5)).toBe(queues.of(5));
  expect(queues.of(5)).not.toBe(queues.of(6));
});

test('fires exactly those that were not stopped, in the order of their start, given any sequence', () => {
  const step = fc.record({ act: fc.constantFrom('start', 'stop', 'wait'), who: fc.nat({ max: 5 }), ms: fc.nat({ max: 900 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const { clock, queue, fired, timeout } = fixture(800);
    const timeouts = Array.from({ length: 6 }, (_, i) => timeout(String(i)));
    const started = new Map<string, number>();
    const firedAt = new Map<string, number>();
    for (const { act, who, ms } of steps) {
      const name = String(who);
      if (act === 'start') {
        timeouts[who]!.start(queue);
        started.set(name, clock.now());
      } else if (act === 'stop') {
        timeouts[who]!.stop();
        started.delete(name);
      } else {
        fired.length = 0;
        clock.advance(ms);
        for (const one of fired) {
          firedAt.set(one, clock.now());
          expect(clock.now() - started.get(one)!).toBeGreaterThanOrEqual(800);
          started.delete(one);
        }
        for (const [one, at] of started) expect(`${one} ${clock.now() - at <= 850}`).toBe(`${one} true`);
      }
    }
  }));
});
