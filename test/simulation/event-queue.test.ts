import fc from 'fast-check';
import { EventQueue } from '../../src/simulation/event-queue';

test('events come in the order of their times, and of one time in the order in which they were scheduled', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 300 }), (times) => {
    const queue = new EventQueue();
    times.forEach((time, index) => queue.schedule(time, index % 7, index, 2 * index));
    const seen: number[][] = [];
    while (queue.next()) seen.push([queue.time, queue.kind, queue.subject, queue.serial]);
    expect(seen).toEqual(times.map((time, index) => [time, index % 7, index, 2 * index]).sort((a, b) => a[0]! - b[0]! || a[2]! - b[2]!));
  }));
});

test('the same holds while events are taken out in between, and beyond the first capacity', () => {
  fc.assert(fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 50 })), { minLength: 3_000, maxLength: 5_000 }), (steps) => {
    const queue = new EventQueue();
    const model: [number, number][] = [];
    for (const [index, step] of steps.entries()) {
      if (step === null && index % 3 === 0) {
        model.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        const first = model.shift();
        expect(queue.next()).toBe(first !== undefined);
        if (first) expect([queue.time, queue.subject]).toEqual(first);
      } else {
        queue.schedule(step ?? 0, 0, index, 0);
        model.push([step ?? 0, index]);
      }
    }
    expect(queue.size).toBe(model.length);
  }), { numRuns: 5 });
});
