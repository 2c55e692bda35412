/** Sizes as kubectl and the API server count them. */
import { sizeOf } from '../../src/planning/object-size';

const configMap = (text: string) => ({ kind: 'ConfigMap', metadata: { name: 'web' }, data: { 'proxy.json': text } });
const jsonBytes = (text: string): number => sizeOf(configMap(text)).jsonBytes;

test('are bytes and not characters', () => {
  expect(sizeOf(configMap('é€')).dataBytes).toBe(5);
  expect(jsonBytes('é€') - jsonBytes('')).toBe(5);
});

test('count what JSON in JSON takes: a quote and a line end are two bytes', () => {
  expect(jsonBytes('{"a":1}\n') - jsonBytes('')).toBe(7 + 2 + 2);
  expect(sizeOf(configMap('{"a":1}\n')).dataBytes).toBe(8);
});

test('count angle brackets and ampersands as Go writes them', () => {
  expect(jsonBytes('<&>') - jsonBytes('')).toBe(18);
});

test('of other objects have no data', () => {
  expect(sizeOf({ kind: 'Deployment', metadata: { name: 'web' } }))
    .toEqual({ kind: 'Deployment', name: 'web', jsonBytes: '{"kind":"Deployment","metadata":{"name":"web"}}'.length, dataBytes: undefined });
});
