/**
 * Documents and proxies of different releases. `minors/N.form.txt` is the form that minor version N had when it was released, and
 * `minors/N/` holds documents that its constructs wrote.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONDITIONAL_PARTS, CONTRACT_MINOR, DISPENSABLE_PARTS, ProxyConfig, REQUIRED_PARTS, requirementsOf } from '../../src/contract';
import { decodeConfig, describeErrors } from '../../src/proxy/config/decode';
import { Form, formOf, narrowed, read, written } from './form';

const MINORS = join(__dirname, 'minors');
const schema = JSON.parse(readFileSync(join(__dirname, '../../schema/proxy-config.v1.json'), 'utf8')) as Parameters<typeof formOf>[0];
const current = formOf(schema);
const released: readonly { readonly minor: number; readonly form: Form }[] = readdirSync(MINORS)
  .filter((name) => name.endsWith('.form.txt'))
  .map((name) => ({ minor: Number.parseInt(name, 10), form: read(readFileSync(join(MINORS, name), 'utf8')) }))
  .sort((a, b) => a.minor - b.minor);
const last = released.at(-1)!;

test.each(released)('every document of minor version $minor is one of the present form', ({ form }) => {
  expect(narrowed(form, current)).toEqual([]);
});

test('a changed form has another number than the last that was released', () => {
  // Release with: the number in the name of a new minors/N.form.txt, filled with `written(current)`; the first change after it raises CONTRACT_MINOR.
  const changed = written(current) !== written(last.form);
  expect(CONTRACT_MINOR).toBe(changed ? last.minor + 1 : last.minor);
});

test.each(released.flatMap(({ minor }) => readdirSync(join(MINORS, String(minor))).map((name) => [`${minor}/${name}`])))(
  'the stored document %s is taken as it is', (name) => {
    const decoded = decodeConfig(readFileSync(join(MINORS, name), 'utf8'));
    expect(decoded.ok ? decoded.ignored : describeErrors(decoded.errors)).toEqual([]);
  },
);

describe('what narrows a form is found', () => {
  const before = formOf({ type: 'object', required: ['a'], properties: {
    a: { type: 'integer', minimum: 1, maximum: 9 }, b: { type: 'string', enum: ['x', 'y'] }, c: { type: 'array', items: { type: 'string' } },
  } });
  test.each<[string, Parameters<typeof formOf>[0], readonly string[]]>([
    ['nothing, in the same form', { type: 'object', required: ['a'], properties: {
      a: { type: 'integer', minimum: 1, maximum: 9 }, b: { type: 'string', enum: ['x', 'y'] }, c: { type: 'array', items: { type: 'string' } },
    } }, []],
    ['nothing, in a wider one', { type: 'object', properties: {
      a: { type: 'integer', minimum: 0 }, b: { type: 'string', enum: ['x', 'y', 'z'] }, c: { type: 'array', items: { type: 'string' } }, d: { type: 'string' },
    } }, []],
    ['a field that is gone, another type', { type: 'object', required: ['a'], properties: {
      a: { type: 'string' }, b: { type: 'string', enum: ['x', 'y'] },
    } }, ['/a: was integer, is string', '/c: is gone', '/c/*: is gone']],
    ['closer bounds, fewer values, a pattern', { type: 'object', properties: {
      a: { type: 'integer', minimum: 2, maximum: 8 }, b: { type: 'string', enum: ['x'] }, c: { type: 'array', items: { type: 'string', pattern: 'a' } },
    } }, [
      '/a: the minimum was 1, is 2', '/a: the maximum was 9, is 8', '/b: was one of x,y, is one of x', '/c/*: the rules were {}, are {"pattern":"a"}',
    ]],
    ['fields that must be there now', { type: 'object', required: ['a', 'b', 'd'], properties: {
      a: { type: 'integer', minimum: 1, maximum: 9 }, b: { type: 'string', enum: ['x', 'y'] }, c: { type: 'array', items: { type: 'string' } },
      d: { type: 'object', required: ['e'], properties: { e: { type: 'string' } } },
    } }, ['/b: is required now', '/d: is new and required']],
  ])('%s', (_, after, expected) => {
    expect(narrowed(before, formOf(after))).toEqual(expected);
  });
});

describe('what an unknown kind does is decided for every place that has kinds', () => {
  /** Places whose unknown kind refuses the document: the traffic would go elsewhere, or be let through when it must not be. */
  const REFUSING = [
    '/version', '/listeners/*/direction', '/listeners/*/protocol', '/clusters/*/protocol', '/listeners/*/forwarded/xForwardedFor', '/listeners/*/httpsRedirect/status', '/listeners/*/tls/minimumVersion', '/listeners/*/mutualTls/mode', '/listeners/*/authorization', '/listeners/*/admission/concurrency', '/listeners/*/routes/*/session/sameSite',
    '/listeners/*/path/encodedSlashes', '/listeners/*/routes/*/matches/*/path', '/listeners/*/routes/*/rewrite', '/listeners/*/routes/*/redirect',
    '/clusters/*/discovery', '/clusters/*/tls/minimumVersion', '/clusters/*/proxyProtocol',
  ];
  const kinds = [...current].filter(([, { oneOf }]) => oneOf).map(([path]) => path.replace(/<\w+>/g, '')).filter((path) => !path.endsWith('/type'));
  const within = (path: string, part: string): boolean => path === part || path.startsWith(`${part}/`);
  const parts = [...REFUSING, ...DISPENSABLE_PARTS];

  test.each([...new Set(kinds)])('%s', (path) => {
    expect(parts.filter((part) => within(path, part)).length).toBeGreaterThan(0);
  });

  test.each([...parts, ...CONDITIONAL_PARTS, ...Object.values(REQUIRED_PARTS).flat()])('%s is a place of the form', (part) => {
    expect([...current.keys()].map((path) => path.replace(/<\w+>/g, ''))).toContain(part);
  });
});

describe('a document names the parts that a proxy must know', () => {
  const plain: ProxyConfig = {
    version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, clusters: [],
    listeners: [{ name: 'a', direction: 'inbound', port: 1, routes: [] }, { name: 'b', direction: 'inbound', port: 2, routes: [] }],
  };
  const [a, b] = plain.listeners;

  test('by names that the form lists', () => {
    const { description } = (schema as unknown as { properties: { requires: { description: string } } }).properties.requires;
    expect(description.match(/`\w+`/g)).toEqual(Object.keys(REQUIRED_PARTS).sort().map((name) => `\`${name}\``));
  });

  test('none, when it has none', () => {
    expect(requirementsOf(plain)).toEqual([]);
  });

  test('each once', () => {
    const tls = { certificateFile: '/c', keyFile: '/k' };
    expect(requirementsOf({ ...plain, listeners: [{ ...a!, tls }, { ...b!, tls, admission: { rateLimit: { requestsPerSecond: 1 } } }] })).toEqual(['admission', 'tls']);
  });

  test('wherever the part is', () => {
    expect(requirementsOf(plain, { listening: ['/none', '/listeners'], clustered: ['/clusters/*'], node: ['/node/service'], none: ['/node/service/x'] })).toEqual(['listening', 'node']);
  });
});
