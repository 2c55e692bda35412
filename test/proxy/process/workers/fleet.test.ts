/** The primary's side of workers that answer late or not at all, with a clock that the test moves. */
import type { ProxyConfig } from '../../../../src/contract';
import { identitiesOf } from '../../../../src/proxy/process/identities';
import { ANSWER_MS, Fleet, STUCK_MS, WorkerProcess } from '../../../../src/proxy/process/workers/fleet';
import type { FromWorker, ToWorker, WorkerReport } from '../../../../src/proxy/process/workers/messages';
import { MetricRegistry } from '../../../../src/proxy/telemetry/registry';
import { FakeClock } from '../../../support/fake-clock';
import { FakeSources } from '../../../support/proxy';

const REPORT: WorkerReport = { metrics: [], clusters: [], bypasses: [], ready: true, why: 'all is well', connections: 0 };
const CONFIG: ProxyConfig = {
  version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, workers: 2,
  listeners: [{ name: 'in', direction: 'inbound', port: 15_006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }] }],
  clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8_080 }] } }],
};

class FakeWorker implements WorkerProcess {
  silent = false;
  killed = false;
  readonly got: ToWorker[] = [];
  private listener: (message: FromWorker) => void = () => {};
  private onEnd: (code: number | null, signal: string | null) => void = () => {};

  send(message: ToWorker): void {
    this.got.push(message);
    if (this.silent || this.killed) return;
    if (message.type === 'stage') queueMicrotask(() => this.listener({ type: 'staged', id: message.id, problems: [] }));
    if (message.type === 'report') queueMicrotask(() => this.listener({ type: 'report', id: message.id, report: REPORT }));
  }

  kill(): void {
    this.killed = true;
    this.onEnd(null, 'SIGKILL');
  }

  onMessage(listener: (message: FromWorker) => void): void { this.listener = listener; }
  onExit(listener: (code: number | null, signal: string | null) => void): void { this.onEnd = listener; }
}

async function start(): Promise<{ fleet: Fleet; workers: FakeWorker[]; clock: FakeClock; events: string[] }> {
  const workers: FakeWorker[] = [];
  const events: string[] = [];
  const clock = new FakeClock();
  const started = await Fleet.start(JSON.stringify(CONFIG), {
    clock, sources: new FakeSources().factory, size: 2,
    identities: identitiesOf({ clock, random: Math.random, registry: new MetricRegistry(), onChange: () => {} }),
    onEvent: (event) => { events.push(event); },
    fork: () => {
      workers.push(new FakeWorker());
      return workers.at(-1)!;
    },
  });
  if (!('engine' in started)) throw new Error(started.problems.join());
  return { fleet: started.engine, workers, clock, events };
}

/** Asks for readiness every five seconds, as the kubelet does, for so long. */
async function probe(fleet: Fleet, clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 5_000) {
    void fleet.readiness();
    await Promise.resolve();
    clock.advance(5_000);
  }
}

test('a worker that gets no CPU for a while is not killed for that, and the others speak for it', async () => {
  const { fleet, workers, clock, events } = await start();
  workers[0]!.silent = true;
  const readiness = fleet.readiness();
  await Promise.resolve();
  clock.advance(ANSWER_MS);
  expect(await readiness).toEqual({ ready: true, why: 'all is well' });
  await probe(fleet, clock, STUCK_MS - 3 * ANSWER_MS);
  expect([workers[0]!.killed, events]).toEqual([false, []]);
  // What it says counts from then on.
  workers[0]!.silent = false;
  await fleet.readiness();
  workers[0]!.silent = true;
  await probe(fleet, clock, STUCK_MS - ANSWER_MS);
  expect(workers[0]!.killed).toBe(false);
  fleet.close();
});

test('a worker that answers nothing for a minute is replaced', async () => {
  const { fleet, workers, clock, events } = await start();
  workers[0]!.silent = true;
  await probe(fleet, clock, STUCK_MS + 2 * ANSWER_MS);
  expect(workers[0]!.killed).toBe(true);
  expect(workers[1]!.killed).toBe(false);
  expect(events).toEqual(['worker_stuck', 'worker_died']);
  expect(workers).toHaveLength(3);
  fleet.close();
});

test('a worker that is asked after a long silence of its askers is not taken for stuck', async () => {
  const { fleet, workers, clock } = await start();
  clock.advance(3_600_000);
  workers[0]!.silent = true;
  void fleet.readiness();
  await Promise.resolve();
  clock.advance(ANSWER_MS);
  expect(workers[0]!.killed).toBe(false);
  fleet.close();
});

test('a worker that comes while the pod is being terminated is told since when', async () => {
  const { fleet, workers, clock } = await start();
  fleet.leave(true);
  clock.advance(2_000);
  workers[0]!.kill();
  clock.advance(1_000);
  await new Promise((resolve) => { setImmediate(resolve); });
  const told = (worker: FakeWorker): ToWorker[] => worker.got.filter(({ type }) => type === 'leave' || type === 'stay');
  expect(told(workers[1]!)).toEqual([{ type: 'leave', believed: true, elapsedMs: 0 }]);
  // It took the half second that crashes are waited for, and a moment of the clock to start.
  expect(told(workers[2]!)).toEqual([{ type: 'leave', believed: true, elapsedMs: expect.any(Number) }]);
  expect((told(workers[2]!)[0] as { elapsedMs: number }).elapsedMs).toBeGreaterThanOrEqual(2_500);
  fleet.stay();
  expect(told(workers[2]!).at(-1)).toEqual({ type: 'stay' });
  fleet.close();
});
