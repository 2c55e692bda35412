import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricsReference, reasonsReference } from '../../../src/proxy/telemetry/reference';

const DOCS = join(__dirname, '../../../docs');

describe('the pages about metrics and reason codes', () => {
  it.each([['metrics.md', metricsReference], ['reason-codes.md', reasonsReference]])(
    'say what the tables say: docs/%s (UPDATE_DOCS=1 writes it)', (file, reference) => {
      const path = join(DOCS, file);
      if (process.env.UPDATE_DOCS === '1') writeFileSync(path, reference());
      expect(readFileSync(path, 'utf8')).toBe(reference());
    });
});
