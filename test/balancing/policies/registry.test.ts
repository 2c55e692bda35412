import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadBalancingConfig, withPolicyDefaults } from '../../../src/contract';
import { createPicker, POLICIES } from '../../../src/balancing';
import { endpoints, runtime } from '../support';

describe('the registry of policies', () => {
  it('builds a picker for every policy of the configuration', () => {
    expect(POLICIES.length).toBeGreaterThanOrEqual(4);
    for (const type of POLICIES) {
      const set = endpoints(2, 1);
      expect(set).toContain(createPicker(set, withPolicyDefaults({ type } as LoadBalancingConfig), runtime()).pick());
    }
  });

  it('has the contract suite run against every policy', () => {
    const tests = readdirSync(__dirname).filter((file) => file.endsWith('.test.ts')).map((file) => readFileSync(join(__dirname, file), 'utf8'));
    const covered = tests.flatMap((text) => [...text.matchAll(/describeContract\(\{ type: '(\w+)'/g)].map((match) => match[1]));
    expect(new Set(covered)).toEqual(new Set(POLICIES));
  });
});
