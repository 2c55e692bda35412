import { Recent } from '../../../src/proxy/session/recent';

describe('what is remembered of late', () => {
  it('stays within twice the size of a generation, given any number of entries', () => {
    let full = 0;
    const recent = new Recent<number>(10, () => { full += 1; });
    for (let i = 0; i < 1_000; i += 1) recent.set(String(i), i);
    expect(full).toBe(99);
    const left = Array.from({ length: 1_000 }, (_, i) => i).filter((i) => recent.get(String(i)) !== undefined);
    expect(left.length).toBeLessThanOrEqual(20);
    expect(left).toContain(999);
  });

  it('keeps what is asked for again', () => {
    const recent = new Recent<number>(10, () => {});
    recent.set('asked', 1);
    for (let i = 0; i < 1_000; i += 1) {
      expect(recent.get('asked')).toBe(1);
      recent.set(String(i), i);
    }
  });
});
