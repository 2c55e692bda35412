/** What is kept of a run, and the page that is made of it. */
import type { Figures, Snapshot } from '../../../src/cli/live';
import { MAX_EVENTS, MAX_STEPS, Recorder } from '../../../src/cli/run-report/recording';
import { reportPage } from '../../../src/cli/run-report/report-page';
import { summaryOf } from '../../../src/cli/run-report/summary';

const BEGAN = Date.UTC(2026, 0, 1);

function snapshot(second: number, figures: Figures, pods = 2, names: readonly [string, string] = ['shop/web', 'shop/catalog']): Snapshot {
  const [from, to] = names;
  const service = (id: string) => ({ id, kind: 'service', pods: Array.from({ length: pods }) });
  return {
    at: BEGAN + second * 1_000, seconds: 2, services: [service(from), service(to)], edges: [{ from, to, figures }],
    routes: [], endpoints: [], silent: [],
  } as unknown as Snapshot;
}

const well: Figures = { rate: 100, success: 1, p50Ms: 2, p95Ms: 5, p99Ms: 9 };

/** Ten seconds, of which the fifth is bad. */
function recorded(): Recorder {
  const recorder = new Recorder(BEGAN);
  for (let second = 1; second <= 10; second++) {
    recorder.add(snapshot(second, second === 5 ? { rate: 100, success: 0.5, p50Ms: 3, p95Ms: 90, p99Ms: 200 } : well, second < 5 ? 2 : 1), []);
  }
  return recorder;
}

test('calls come to the requests that were sent, those that failed, the usual latency and the worst', () => {
  const [call] = recorded().recording.calls;
  expect(summaryOf(call)).toEqual({
    from: 'shop/web', to: 'shop/catalog', requests: 1_000, failed: 50, usualP50Ms: 2, usualP99Ms: 9, worstP99: { ms: 200, seconds: 5 },
  });
  expect(recorded().recording.services).toContainEqual({ id: 'shop/catalog', kind: 'service', fewestPods: 1, mostPods: 2 });
});

test('a call without a request has no latency', () => {
  const recorder = new Recorder(BEGAN);
  recorder.add(snapshot(1, { rate: 0 }), []);
  expect(summaryOf(recorder.recording.calls[0])).toMatchObject({ requests: 0, failed: 0, usualP99Ms: undefined, worstP99: undefined });
  expect(reportPage(recorder.recording, { title: 'a run' })).toContain('No request was sent.');
});

test('what was done and what was seen stand in the order of time, not in the order in which they were told', () => {
  const recorder = recorded();
  recorder.mark(BEGAN + 4_500, 'catalog-a was killed');
  recorder.add(snapshot(11, well), [{ at: BEGAN + 4_200, kind: 'pod', severity: 'bad', service: 'shop/catalog', text: 'early' }]);
  expect(recorder.recording.events.map(({ seconds, text, severity }) => [seconds, text, severity])).toEqual([[4.2, 'early', 'bad'], [4.5, 'catalog-a was killed', 'done']]);
});

test('a run of any length is kept in so many steps, from its beginning to its end', () => {
  const recorder = new Recorder(BEGAN);
  const seconds = MAX_STEPS * 5;
  for (let second = 1; second <= seconds; second++) recorder.add(snapshot(second, well), [{ at: BEGAN, kind: 'pod', severity: 'info', service: 'a', text: 'b' }]);
  const { calls: [{ steps }], events, eventsLeft } = recorder.recording;
  expect(steps.length).toBeLessThanOrEqual(MAX_STEPS);
  expect(steps.length).toBeGreaterThan(MAX_STEPS / 4);
  expect([steps[0].seconds, steps.at(-1)!.seconds > seconds - 10]).toEqual([1, true]);
  expect([events.length, eventsLeft]).toEqual([MAX_EVENTS, seconds - MAX_EVENTS]);
  // Added up from fewer steps, it is the same.
  expect(summaryOf(recorder.recording.calls[0]).requests / (seconds * 100)).toBeCloseTo(1, 2);
});

describe('the page', () => {
  const recorder = recorded();
  recorder.mark(BEGAN + 4_500, 'catalog-a was killed');
  const page = reportPage(recorder.recording, { title: 'The demo', about: 'What was run.' });

  test('has the graph, the figures of each call, its lines with marks, and what was done', () => {
    expect(page).toContain('<title>The demo</title>');
    expect(page).toMatch(/<td>shop\/web → shop\/catalog<\/td><td>1,000<\/td><td class="bad">50 \(5\.0 %\)<\/td><td>2\.00 ms<\/td><td>9\.00 ms<\/td><td>200 ms at 5 s<\/td>/);
    expect(page.match(/<svg /g)).toHaveLength(2);
    expect(page).toContain('<title>4.5 s: catalog-a was killed</title>');
    expect(page).toContain('<li><time>4.5 s</time>catalog-a was killed</li>');
    for (const style of ['rate', 'failed', 'p50', 'p95', 'p99']) expect(page).toMatch(new RegExp(`<path d="M[^"]+" class="line ${style}"/>`));
  });

  test('loads nothing and runs nothing', () => {
    expect(page).toContain('<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">');
    expect(page).not.toMatch(/<script|<link|<img|\bsrc=|\bhref=|url\(|@import/);
  });

  test('has no markup out of names', () => {
    const evil = new Recorder(BEGAN);
    const name = '<img src=x onerror="alert(1)">&"';
    for (let second = 1; second < 4; second++) evil.add(snapshot(second, well, 1, [name, 'shop/catalog']), [{ at: BEGAN, kind: 'pod', severity: 'bad', service: 'a', text: name }]);
    evil.mark(BEGAN, name);
    const text = reportPage(evil.recording, { title: name, about: name });
    expect(text).not.toContain('<img');
    expect(text).not.toMatch(/aria-label="[^"]*<|aria-label="[^"]*" onerror/);
    expect(text).toContain('&lt;img src=x');
  });
});
