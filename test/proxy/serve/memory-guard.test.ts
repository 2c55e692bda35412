/** The guard on a clock that a test moves, over memory and connections that a test makes up. */
import type { ProcessMemory } from '../../../src/proxy/runtime/process-memory';
import { MemoryGuard, MemoryHolders } from '../../../src/proxy/serve/memory/memory-guard';
import { MemoryLevel } from '../../../src/proxy/serve/memory/memory-levels';
import { FakeClock } from '../../support/fake-clock';

const MIB = 1_048_576;

class FakeMemory implements ProcessMemory {
  limitBytes: number | undefined = 128 * MIB;
  /** Outside of the heap, and dead of it: gone with the next collection. The allocator keeps what is freed, so the resident part stays. */
  live = 0;
  garbage = 0;
  collections = 0;
  readings = 0;
  private peak = 0;

  rss(): number {
    this.readings += 1;
    this.peak = Math.max(this.peak, this.external());
    return 50 * MIB + this.peak;
  }

  external(): number { return this.live + this.garbage; }

  collect(): void {
    this.collections += 1;
    this.garbage = 0;
  }
}

class FakeHolders implements MemoryHolders {
  connections = 1_000;
  backlogs = 0;
  idle = 0;
  closed: number[] = [];
  broken: number[] = [];

  constructor(private readonly memory: FakeMemory) {}

  dropBacklogs(): number {
    const { backlogs } = this;
    this.backlogs = 0;
    return backlogs;
  }

  closeIdle(most: number): number {
    this.closed.push(most);
    return Math.min(most, this.idle);
  }

  breakOff(bytes: number): number {
    this.broken.push(bytes);
    this.memory.live -= bytes;
    this.memory.garbage += bytes;
    return 1;
  }
}

interface GuardFixture {
  readonly guard: MemoryGuard;
  readonly memory: FakeMemory;
  readonly holders: FakeHolders;
  readonly clock: FakeClock;
  readonly actions: Map<string, number>;
}

function setUp(limitBytes: number | undefined = 128 * MIB): GuardFixture {
  const [memory, clock, actions] = [new FakeMemory(), new FakeClock(), new Map<string, number>()];
  memory.limitBytes = limitBytes;
  const holders = new FakeHolders(memory);
  const guard = new MemoryGuard(memory, 1, clock, {
    memoryAction: (action, count) => { if (count > 0) actions.set(action, (actions.get(action) ?? 0) + count); },
  });
  guard.start(holders);
  return { guard, memory, holders, clock, actions };
}

test('there is none, given no limit', () => {
  const memory = new FakeMemory();
  memory.limitBytes = undefined;
  const clock = new FakeClock();
  const guard = new MemoryGuard(memory, 1, clock, { memoryAction: () => {} });
  guard.start(new FakeHolders(memory));
  guard.took(1e9);
  expect(guard.guards).toBe(false);
  expect(memory.readings).toBe(0);
  expect(clock.pending).toBe(0);
});

test('while all is calm it looks four times a second, and does nothing', () => {
  const { guard, memory, clock, actions } = setUp();
  memory.live = 32 * MIB;
  clock.advance(1_000);
  expect(memory.readings).toBe(4);
  expect(guard.level).toBe(MemoryLevel.CALM);
  expect(actions.size).toBe(0);
});

test('it knows within a turn, given that much comes in', () => {
  const { guard, memory } = setUp();
  memory.live = 70 * MIB;
  guard.took(2 * MIB - 1);
  expect(guard.critical).toBe(false);
  guard.took(1);
  expect(guard.critical).toBe(true);
});

test('it does to other connections what is to be done after the turn', () => {
  const { guard, memory, holders, clock, actions } = setUp();
  memory.live = 70 * MIB;
  guard.took(2 * MIB);
  expect(holders.broken).toEqual([]);
  clock.advance(0);
  // First that which harms nobody.
  expect(actions).toEqual(new Map([['collect', 1]]));
  clock.advance(50);
  expect(holders.broken).toHaveLength(1);
});

test('garbage is collected and nobody harmed, given that nothing else was wrong', () => {
  const { guard, memory, holders, clock, actions } = setUp();
  memory.live = 10 * MIB;
  memory.garbage = 50 * MIB;
  clock.advance(1_000);
  expect(guard.level).toBe(MemoryLevel.CALM);
  expect(holders.closed).toEqual([]);
  expect(actions).toEqual(new Map([['collect', 1]]));
});

test('what is live is not collected again and again, given that it does not grow', () => {
  const { guard, memory, clock, actions } = setUp();
  memory.live = 40 * MIB;
  clock.advance(60_000);
  expect(guard.level).toBe(MemoryLevel.SHRINKING);
  expect(actions).toEqual(new Map([['collect', 1]]));
});

test('backlogs are dropped, and as many idle connections closed as are in the way', () => {
  const { guard, memory, holders, clock, actions } = setUp();
  memory.live = 54 * MIB;
  holders.backlogs = 3;
  holders.idle = 1_000;
  clock.advance(500);
  expect(guard.strained).toBe(true);
  expect(guard.critical).toBe(false);
  // Down to 92.8 MiB.
  expect(holders.closed).toEqual([Math.ceil((104 - 92.8) * 32)]);
  expect(holders.broken).toEqual([]);
  expect(actions.get('drop_backlog')).toBe(3);
  expect(actions.get('close_idle')).toBe(holders.closed[0]);
});

test('idle clients get a second to go before more are sent away', () => {
  const { memory, holders, clock } = setUp();
  memory.live = 54 * MIB;
  clock.advance(250 + 50 + 950);
  expect(holders.closed).toHaveLength(1);
  clock.advance(200);
  expect(holders.closed).toHaveLength(2);
});

test('so much is broken off that the level would be left, and more when that is seen not to do', () => {
  const { guard, memory, holders, clock } = setUp();
  memory.live = 70 * MIB;
  clock.advance(300);
  // Down to 104.24 MiB.
  expect(holders.broken).toEqual([120 * MIB - Math.round(104.24 * MIB) + 1]);
  // What the allocator has free does not serve again to the last byte.
  clock.advance(100);
  expect(holders.broken).toHaveLength(2);
  clock.advance(5_000);
  expect(guard.level).toBe(MemoryLevel.STRAINED);
  expect(memory.live).toBeGreaterThan(45 * MIB);
});

test('it is content again, given that what was held is gone though resident memory stays', () => {
  const { guard, memory, clock } = setUp();
  memory.live = 70 * MIB;
  clock.advance(1_000);
  memory.garbage = memory.live - 10 * MIB;
  memory.live = 10 * MIB;
  clock.advance(2_000);
  expect(memory.rss()).toBe(120 * MIB);
  expect(guard.level).toBe(MemoryLevel.CALM);
});

test('nobody is turned away, given that hardly anybody is there', () => {
  const { guard, memory, holders, clock } = setUp();
  holders.connections = 15;
  memory.live = 75 * MIB;
  clock.advance(1_000);
  expect(guard.strained).toBe(false);
  expect(memory.collections).toBeGreaterThan(0);
});

test('a closed one looks no more', () => {
  const { guard, clock } = setUp();
  guard.close();
  guard.took(1e9);
  expect(clock.pending).toBe(0);
});
