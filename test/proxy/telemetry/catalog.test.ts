import { FAMILIES, FamilyDefinition } from '../../../src/proxy/telemetry/catalog';

const families: FamilyDefinition[] = Object.values(FAMILIES);

describe('the catalog of metrics', () => {
  it('names each family once', () => {
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
  });

  it.each(families.map((family) => [family.name, family] as const))('follows the conventions of Prometheus: %s', (name, family) => {
    expect(name).toMatch(/^(mesh|process)(_[a-z]+2?)+$/);
    expect(name.endsWith('_total')).toBe(family.type === 'counter');
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|count|sum|bucket)(_|$)/);
    for (const label of family.labels) expect(label).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(new Set(family.labels).size).toBe(family.labels.length);
    expect(family.labels).not.toContain('le');
    expect(family.help).toMatch(/^[A-Z1].*\.$/);
    expect(family.buckets.length > 0).toBe(family.type === 'histogram');
  });
});
