/** `diff` and `explain` as people run them: output and exit codes. */
import { App, Chart, Testing, YamlOutputType } from 'cdk8s';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../src/cli/main';
import { service } from '../explain/support';

let folder: string;
const path = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-diff-'));
  for (const [name, weight] of [['old', 5], ['same', 5], ['new', 20]] as const) {
    const app: App = Testing.app({ outdir: path(name), yamlOutputType: YamlOutputType.FILE_PER_APP });
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    const catalog = service(chart, 'catalog');
    catalog.addVersion('v2', { containers: [{ image: 'ghcr.io/acme/app:2', portNumber: 8080 }], weight });
    service(chart, 'web').calls(catalog);
    app.synth();
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const texts = { out: '', err: '' };
  const spies = ([['out', process.stdout], ['err', process.stderr]] as const).map(([name, stream]) => (
    jest.spyOn(stream, 'write').mockImplementation((chunk) => { texts[name] += String(chunk); return true; })));
  try {
    return { code: await main(args), ...texts };
  } finally {
    spies.forEach((spy) => spy.mockRestore());
  }
}

describe('diff', () => {
  it('ends with 0, and with --exit-code with 1 when something changed', async () => {
    expect(await run('diff', path('old'), path('new'))).toMatchObject({ code: 0, err: '', out: expect.stringContaining('5 % → 20 %') as string });
    expect(await run('diff', path('old'), path('new'), '--exit-code')).toMatchObject({ code: 1, err: '' });
    expect(await run('diff', path('old'), path('same'), '--exit-code')).toEqual({ code: 0, out: 'nothing behaves otherwise\n', err: '' });
  });
  it('writes Markdown', async () => {
    const { out } = await run('diff', path('old'), path('new'), '--markdown');
    expect(out).toMatch(/^### web → catalog\n\n\|/);
  });
  it.each([
    [['diff'], 'name two folders, the old one and the new one, as in cdk8s-mesh diff old/ new/; got none'],
    [['diff', 'old'], 'name two folders, the old one and the new one'],
    [['diff', 'old', 'nowhere'], "there is no file or folder 'old'"],
    [['diff', '--exitcode'], "unknown flag '--exitcode'. Did you mean '--exit-code'?"],
  ])('ends with 2 on an error: %j', async (args, message) => {
    expect(await run(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(message) as string });
  });
});

describe('explain', () => {
  it('takes a method, header fields and a length', async () => {
    const { code, out } = await run('explain', path('old'), '--from', 'web', 'PUT', 'http://catalog/', '-H', 'x-a: 1', '--data-bytes', '65537');
    expect(code).toBe(0);
    expect(out).toMatch(/^PUT http:\/\/catalog\/ {2}from web v1\n/);
    expect(out).toContain('its body of 65537 bytes is longer than');
  });
  it('writes JSON', async () => {
    const { out } = await run('explain', path('old'), 'http://catalog/', '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ outcome: 'forwarded', from: { service: 'web' }, route: { levels: [{ destinations: [{ percent: 95 }, { percent: 5 }] }] } });
    const { out: routes } = await run('explain', path('old'), '--routes', '-o', 'json');
    expect(JSON.parse(routes)).toMatchObject([{ from: 'web v1', url: 'catalog:80', goesTo: '95 % catalog v1, 5 % catalog v2' }]);
  });
  it.each([
    [[], 'name a request, such as GET http://catalog/search'],
    [['src'], 'name a request, such as GET http://catalog/search'],
    [['http://catalog/', '-o', 'yaml'], "--output must be text or json, got 'yaml'"],
    [['http://catalog/', '--data-bytes', '1.5'], '--data-bytes must be a whole number, got 1.5'],
    [['http://catalog/', '-H', 'x'], "-H must be a header field such as 'x-beta: true', got 'x'"],
  ])('tells what is wrong: %j', async (args, message) => {
    expect(await run('explain', ...args)).toMatchObject({ code: 1, err: expect.stringContaining(message) as string });
  });
});
