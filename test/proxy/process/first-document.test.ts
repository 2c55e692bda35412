import { ProxyConfig, ResolvedProxyConfig, withDefaults } from '../../../src/contract';
import { startWithFirst } from '../../../src/proxy/process/first-document';

const config = withDefaults({ version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, listeners: [], clusters: [] } satisfies ProxyConfig);
const kept = { text: 'before', config };
const refusal = (problem: string) => ({ ok: false as const, hash: 'h', problems: [problem] });

/** Starts with what `works` lists, and records what was tried. */
function starting(...works: readonly string[]) {
  const tried: string[] = [];
  const start = (text: string, before?: ResolvedProxyConfig) => {
    const name = before ? `${text} and kept` : text;
    tried.push(name);
    return Promise.resolve(works.includes(name) ? { engine: name } : refusal(`no ${name}`));
  };
  return { tried, start };
}

test('a document is taken with what is kept', async () => {
  const { tried, start } = starting('now and kept', 'now');
  expect(await startWithFirst('now', kept, start)).toEqual({ engine: 'now and kept', text: 'now' });
  expect(tried).toEqual(['now and kept']);
});

test('what is kept and can\'t be had does not stop the start', async () => {
  expect(await startWithFirst('now', kept, starting('now').start)).toEqual({ engine: 'now', text: 'now', lost: refusal('no now and kept') });
});

test('the document before is in force again, given one that is refused', async () => {
  expect(await startWithFirst('now', kept, starting('before and kept').start)).toEqual({
    engine: 'before and kept', text: 'before', refused: refusal('no now'),
  });
});

test('a new pod does not start with a document that is refused', async () => {
  const { tried, start } = starting();
  expect(await startWithFirst('now', undefined, start)).toEqual(refusal('no now'));
  expect(tried).toEqual(['now']);
});

test('the reason is that of the document that is mounted, when nothing can be had', async () => {
  expect(await startWithFirst('now', kept, starting().start)).toEqual(refusal('no now'));
  const { tried, start } = starting();
  expect(await startWithFirst('before', kept, start)).toEqual(refusal('no before'));
  expect(tried).toEqual(['before and kept', 'before']);
});
