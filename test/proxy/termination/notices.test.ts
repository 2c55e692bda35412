import { timeToDrain } from '../../../src/proxy/termination/departure';
import { MARGIN_MS, TerminationNotices } from '../../../src/proxy/termination/notices';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { FakeClock } from '../../support/fake-clock';

const SHUTDOWN = { endpointPropagationMs: 5_000, appDrainMs: 20_000, drainMs: 5_000 };
const KUBELET = '10.0.0.1';

describe('notices of a termination', () => {
  let clock: FakeClock;
  let told: string[];
  let registry: MetricRegistry;
  let notices: TerminationNotices;

  beforeEach(() => {
    clock = new FakeClock();
    told = [];
    registry = new MetricRegistry();
    const log = (event: string): void => { told.push(event); };
    notices = new TerminationNotices({
      clock, registry, isFromNode: (address) => address === KUBELET, log: { info: log, warn: log },
      engine: { config: { shutdown: SHUTDOWN }, leave: (believed) => { told.push(`leave ${believed}`); }, stay: () => { told.push('stay'); } },
    });
  });

  test('are believed from the pod\'s node', () => {
    notices.receive(KUBELET);
    expect(told).toEqual(['terminating', 'leave true']);
  });

  test('from elsewhere are taken, but not held against the app', () => {
    notices.receive('10.9.9.9');
    clock.advance(30_000);
    expect(told).toEqual(['terminating', 'leave false']);
  });

  test('of the node take the place of another\'s, which can\'t keep it from being heard', () => {
    notices.receive('10.9.9.9');
    clock.advance(1_000);
    notices.receive(KUBELET);
    notices.receive('10.9.9.9');
    expect(told).toEqual(['terminating', 'leave false', 'stay', 'terminating', 'leave true']);
    expect(notices.timeToDrainMs).toBe(5_000);
  });

  test('say it when the app is still there at the end of its time', () => {
    notices.receive(KUBELET);
    clock.advance(24_999);
    expect(told).not.toContain('app_overdue');
    clock.advance(1);
    expect(told).toContain('app_overdue');
  });

  test('say nothing of an app when there is none', () => {
    const alone = new TerminationNotices({
      clock, registry: new MetricRegistry(), isFromNode: () => true, log: { info: () => {}, warn: (event) => { told.push(event); } },
      engine: { config: { shutdown: { ...SHUTDOWN, appDrainMs: 0 } }, leave: () => {}, stay: () => {} },
    });
    alone.receive(KUBELET);
    clock.advance(10_000);
    expect(told).toEqual([]);
  });

  test('settle for who waits when others had the time to learn of them', async () => {
    notices.receive(KUBELET);
    clock.advance(2_000);
    let over = 0;
    const waiting = notices.propagated().then(() => { over = clock.now(); });
    const due = clock.now() + 3_000;
    clock.advance(3_000);
    await waiting;
    expect(over).toBe(due);
    await notices.propagated();
  });

  test('are believed by themselves only when the node gave one', () => {
    notices.receive('10.9.9.9');
    expect(notices.isBelieved).toBe(false);
    notices.receive(KUBELET);
    expect(notices.isBelieved).toBe(true);
  });

  test('count once, and are shown', () => {
    expect(expose(registry)).toContain('mesh_terminating 0');
    notices.receive(KUBELET);
    notices.receive(KUBELET);
    expect(told).toEqual(['terminating', 'leave true']);
    expect(expose(registry)).toContain('mesh_terminating 1');
    expect(expose(registry)).toContain('mesh_termination_notices_total{result="taken"} 1');
    expect(expose(registry)).toContain('mesh_termination_notices_total{result="repeated"} 1');
  });

  test('are taken back when the process is there long after the grace period', () => {
    notices.receive(KUBELET);
    clock.advance(30_000 + MARGIN_MS - 1);
    expect(told).not.toContain('stay');
    clock.advance(1);
    expect(told.slice(-2)).toEqual(['not_terminated', 'stay']);
    expect(expose(registry)).toContain('mesh_terminating 0');
    expect(expose(registry)).toContain('mesh_termination_notices_total{result="taken_back"} 1');
    notices.receive(KUBELET);
    expect(told.slice(-2)).toEqual(['terminating', 'leave true']);
  });

  test('are over when the proxy stops', () => {
    notices.receive(KUBELET);
    notices.close();
    clock.advance(100_000);
    expect(told).toEqual(['terminating', 'leave true']);
  });

  test.each([
    ['at once', 0, 5_000], ['when the app ended in time', 25_000, 5_000], ['when it took longer', 27_000, 3_000], ['at the end of the grace period', 30_000, 2_000],
    ['later', 33_000, 2_000],
  ])('give the proxy the time that the kubelet does: SIGTERM %s', (_, elapsedMs, expected) => {
    expect(notices.timeToDrainMs).toBe(5_000);
    notices.receive(KUBELET);
    clock.advance(elapsedMs);
    expect(notices.timeToDrainMs).toBe(expected);
    expect(timeToDrain(SHUTDOWN, elapsedMs)).toBe(expected);
  });
});
