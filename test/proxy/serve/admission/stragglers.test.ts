import fc from 'fast-check';
import { Stragglers } from '../../../../src/proxy/serve/admission/stragglers';

/** Requests under way, with the tickets that a limit gives them. */
class Requests {
  readonly stragglers = new Stragglers();
  readonly under = new Map<number, number>();
  private next = 0;

  enter(now: number): number {
    this.look(now);
    this.stragglers.enter();
    this.under.set(this.next, now);
    this.next += 1;
    return this.next - 1;
  }

  leave(ticket: number, now: number): void {
    this.stragglers.leave(ticket);
    this.stragglers.took(now - this.under.get(ticket)!);
    this.under.delete(ticket);
  }

  look(now: number): void { this.stragglers.look(this.next, now); }
}

test('GIVEN requests that hang THEN they are stragglers after some seconds, until they end', () => {
  const requests = new Requests();
  const hanging = [requests.enter(1_000), requests.enter(1_001)];
  for (let now = 1_010; now < 6_000; now += 10) {
    requests.leave(requests.enter(now), now + 5);
    if (now < 3_000) expect(requests.stragglers.count).toBe(0);
    if (now > 5_100) expect(requests.stragglers.count).toBe(2);
  }
  for (const ticket of hanging) requests.leave(ticket, 6_000);
  expect(requests.stragglers.count).toBe(0);
});

test('GIVEN requests that take long, all of them THEN none is a straggler', () => {
  const requests = new Requests();
  for (let now = 0; now < 100_000; now += 1_000) {
    requests.enter(now);
    for (const [ticket, at] of requests.under) if (now - at >= 20_000) requests.leave(ticket, now);
    if (now > 40_000) expect(requests.stragglers.count).toBe(0);
  }
});

test('GIVEN any comings and goings THEN none is a straggler too soon, and whoever is under way for long is, and none is left over', () => {
  const few = fc.integer({ min: 0, max: 3 });
  const step = fc.record({ afterMs: fc.integer({ min: 0, max: 3_000 }), come: few, go: few, which: fc.nat() });
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const requests = new Requests();
    let now = 0;
    let longest = requests.stragglers.afterMs;
    let shortest = longest;
    for (const { afterMs, come, go, which } of steps) {
      now += afterMs;
      requests.look(now);
      for (let i = 0; i < come; i += 1) requests.enter(now);
      for (let i = 0; i < go && requests.under.size > 0; i += 1) requests.leave([...requests.under.keys()][which % requests.under.size]!, now);
      longest = Math.max(longest, requests.stragglers.afterMs);
      shortest = Math.min(shortest, requests.stragglers.afterMs);
      expect(requests.stragglers.count).toBeGreaterThanOrEqual(0);
      expect(requests.stragglers.count).toBeLessThanOrEqual([...requests.under.values()].filter((at) => now - at >= shortest).length);
    }
    for (let i = 0; i < 2; i += 1) requests.look(now += Math.ceil(longest));
    expect(requests.stragglers.count).toBe(requests.under.size);
    for (const ticket of [...requests.under.keys()]) requests.leave(ticket, now);
    expect(requests.stragglers.count).toBe(0);
  }));
});
