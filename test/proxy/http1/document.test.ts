import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '../../../src/contract';
import { MAX_PASSES } from '../../../src/proxy/serve/route/via';

const document = readFileSync(join(__dirname, '../../../docs/http1.md'), 'utf8');

test.each(Object.entries(DEFAULT_LIMITS))('docs/http1.md names the limit %s with its default %d', (name, value) => {
  expect(document).toContain(`| \`${name}\` | ${value} |`);
});

test('docs/http1.md says how often a request may pass one listener', () => {
  expect(MAX_PASSES).toBe(4);
  expect(document).toContain('passed the same listener four times before');
});
