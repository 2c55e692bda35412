import { readAssignments } from '../../../src/cli/up/assignments';
import { UserError } from '../../../src/cli/command-line/errors';
import { workloadOf } from './support';

const [web, v1, v2] = [workloadOf('web'), workloadOf('catalog', 'v1'), workloadOf('catalog', 'v2')];
const MODEL = { workloads: [web!, v1!, v2!], services: [], secrets: new Map(), configMaps: new Map(), outside: [] };
const parse = (text: string): number => {
  if (Number.isNaN(Number(text))) throw new UserError(`'${text}' is not a number`);
  return Number(text);
};

test('a value is for all versions of a service, or for one, which goes first', () => {
  const value = readAssignments('latency', ['catalog@v2=2', 'catalog=1'], MODEL, parse);
  expect([value(web!), value(v1!), value(v2!)]).toEqual([undefined, 1, 2]);
});

test('a job beside a service takes only what names it, and a value for a job alone needs no version', () => {
  const [server, job, alone] = [
    workloadOf('catalog', 'v1', { labels: { 'cdk8s-mesh/service': 'catalog' } }),
    workloadOf('catalog', 'migrate', { labels: { 'cdk8s-mesh/part-of': 'catalog' } }),
    workloadOf('cleanup', 'v1', { labels: { 'cdk8s-mesh/part-of': 'cleanup' } }),
  ];
  const model = { ...MODEL, workloads: [server!, job!, alone!] };
  const value = readAssignments('run', ['catalog=1', 'cleanup=2'], model, parse);
  expect([value(server!), value(job!), value(alone!)]).toEqual([1, undefined, 2]);
  expect(readAssignments('run', ['catalog@migrate=3'], model, parse)(job!)).toBe(3);
});

test('a value for all is for those that nothing else names', () => {
  const value = readAssignments('latency', ['*=9', 'catalog=1', 'catalog@v2=2'], MODEL, parse);
  expect([value(web!), value(v1!), value(v2!)]).toEqual([9, 1, 2]);
  expect([value.named(web!), value.named(v1!)]).toEqual([undefined, 1]);
});

test('the value may hold an equals sign', () => {
  expect(readAssignments('run', ['web=A=b node'], MODEL, (text) => text)(web!)).toBe('A=b node');
});

test.each([
  ['web', "--latency must name a service and a value, as in --latency catalog=..., got 'web'"],
  ['=5', 'must name a service and a value'],
  ['web=', 'must name a service and a value'],
  ['catlog=5', "--latency names the service 'catlog', which is not in the mesh. Did you mean 'catalog'? There are web, catalog"],
  ['catalog@v3=5', "--latency names version 'v3' of 'catalog', which has v1, v2"],
  ['web=five', "--latency web: 'five' is not a number"],
])('refuses %j', (text, message) => {
  expect(() => readAssignments('latency', [text], MODEL, parse)).toThrow(message);
});

test('refuses two values for one subject', () => {
  expect(() => readAssignments('latency', ['web=1', 'web=2'], MODEL, parse)).toThrow("--latency is given twice for 'web'");
});
