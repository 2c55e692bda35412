import { Collector, Delivery } from '../../../src/proxy/tracing/collector';
import { MAX_TRIES, SpanExporter } from '../../../src/proxy/tracing/span-exporter';
import { FakeClock } from '../../support/fake-clock';

class FakeCollector implements Collector {
  readonly bodies: string[] = [];
  closed = false;
  private waiting: ((delivery: Delivery) => void) | undefined;

  send(body: Buffer, done: (delivery: Delivery) => void): void {
    this.bodies.push(body.toString());
    this.waiting = done;
  }

  answer(delivery: Delivery): void {
    const done = this.waiting!;
    this.waiting = undefined;
    done(delivery);
  }

  close(): void { this.closed = true; }
}

const DELIVERED: Delivery = { result: 'delivered', rejectedSpans: 0, problem: undefined };
const failed = (retryAfterMs?: number): Delivery => ({ result: 'failed', problem: 'status 503', retryAfterMs });

function exporter(options: { maxQueuedSpans?: number; maxBatchSpans?: number } = {}) {
  const clock = new FakeClock();
  const collector = new FakeCollector();
  const counts: Record<string, number> = {};
  const problems: string[] = [];
  const subject = new SpanExporter({ maxQueuedSpans: 10, maxBatchSpans: 3, exportIntervalMs: 5_000, ...options }, {
    clock, collector, random: () => 1, envelope: ['<', '>'],
    count: (result, spans) => { counts[result] = (counts[result] ?? 0) + spans; },
    onProblem: (problem) => problems.push(problem),
  });
  const add = (...spans: string[]): void => spans.forEach((span) => {
    if (!subject.hasRoom(1)) return;
    subject.next().text(span);
    subject.added();
  });
  return { clock, collector, counts, problems, subject, add };
}

describe('spans', () => {
  it('wait for others, and are sent when time is over', () => {
    const { clock, collector, counts, add, subject } = exporter();
    add('a', 'b');
    expect(collector.bodies).toEqual([]);
    clock.advance(5_000);
    expect(collector.bodies).toEqual(['<a,b>']);
    collector.answer(DELIVERED);
    expect([counts, subject.queued, clock.pending]).toEqual([{ exported: 2 }, 0, 0]);
  });

  it('are sent at once when they fill a batch, one batch at a time', () => {
    const { clock, collector, add } = exporter();
    add('a', 'b', 'c', 'd', 'e', 'f', 'g');
    expect(collector.bodies).toEqual(['<a,b,c>']);
    collector.answer(DELIVERED);
    expect(collector.bodies).toEqual(['<a,b,c>', '<d,e,f>']);
    collector.answer(DELIVERED);
    expect(collector.bodies).toHaveLength(2);
    clock.advance(5_000);
    expect(collector.bodies[2]).toBe('<g>');
  });

  it('are dropped and counted when the queue is full, those under way included', () => {
    const { counts, add, subject } = exporter();
    add(...'abcdefghijklmnop');
    expect([subject.queued, counts]).toEqual([10, { queue_full: 6 }]);
    expect(subject.hasRoom(2)).toBe(false);
    expect(counts).toEqual({ queue_full: 8 });
  });

  it('are sent again with longer and longer waits, and given up in the end', () => {
    const { clock, collector, counts, problems, add } = exporter();
    add('a', 'b', 'c');
    for (const wait of [1_000, 2_000, 4_000, 8_000]) {
      collector.answer(failed());
      const { length } = collector.bodies;
      clock.advance(wait - 1);
      expect(collector.bodies).toHaveLength(length);
      clock.advance(1);
      expect(collector.bodies).toHaveLength(length + 1);
    }
    collector.answer(failed());
    expect(collector.bodies).toEqual(Array.from({ length: MAX_TRIES }, () => '<a,b,c>'));
    expect([counts, clock.pending, problems]).toEqual([{ undelivered: 3 }, 0, ['status 503']]);
  });

  it('wait as long as the collector asks for, within reason', () => {
    const { clock, collector, add } = exporter();
    add('a', 'b', 'c');
    collector.answer(failed(10_000));
    clock.advance(9_999);
    expect(collector.bodies).toHaveLength(1);
    clock.advance(1);
    expect(collector.bodies).toHaveLength(2);
    collector.answer(failed(1e12));
    clock.advance(30_000);
    expect(collector.bodies).toHaveLength(3);
  });

  it('are not sent again when the collector refuses them, or a part of them', () => {
    const { collector, counts, problems, add } = exporter();
    add('a', 'b', 'c');
    collector.answer({ result: 'refused', problem: 'status 400' });
    expect(counts).toEqual({ rejected: 3 });
    add('d', 'e', 'f');
    collector.answer({ result: 'delivered', rejectedSpans: 99, problem: 'bad' });
    expect(counts).toEqual({ rejected: 6 });
    // Told once, for nothing was delivered in between.
    expect(problems).toEqual(['status 400']);
  });

  it('are sent at the end, and dropped when that takes too long', async () => {
    const { clock, collector, counts, add, subject } = exporter();
    add('a', 'b', 'c', 'd');
    const closed = subject.close(500);
    collector.answer(DELIVERED);
    expect(collector.bodies).toEqual(['<a,b,c>', '<d>']);
    clock.advance(500);
    await closed;
    expect([counts, collector.closed]).toEqual([{ exported: 3, undelivered: 1 }, true]);
  });
});
