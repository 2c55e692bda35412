import fc from 'fast-check';
import { loopbackAddresses } from '../../src/constructs/calls/addresses';

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 40 });
/** A hash with so few values that names collide all the time. */
const crowded = (name: string, round: number): number => ([...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) * 7 + round * 13) % 64;

describe('loopback addresses', () => {
  test('are the same from release to release', () => {
    expect(Object.fromEntries(loopbackAddresses(['shop/catalog', 'shop/cart']))).toEqual({
      'shop/catalog': '127.113.156.203', 'shop/cart': '127.66.239.6',
    });
  });

  test('lie in 127.64.0.0/10, all different, whatever the names', () => {
    fc.assert(fc.property(names, (callees) => {
      const addresses = [...loopbackAddresses(callees).values()];
      expect(new Set(addresses).size).toBe(callees.length);
      for (const address of addresses) {
        const [first, second] = address.split('.').map(Number);
        expect(first).toBe(127);
        expect(second).toBeGreaterThanOrEqual(64);
        expect(second).toBeLessThanOrEqual(127);
      }
    }));
  });

  test('do not depend on the order, even with collisions', () => {
    fc.assert(fc.property(names, (callees) => {
      expect(Object.fromEntries(loopbackAddresses([...callees].reverse(), crowded))).toEqual(Object.fromEntries(loopbackAddresses(callees, crowded)));
    }));
  });

  test('stay when a name is added that collides with none', () => {
    fc.assert(fc.property(names, fc.string({ minLength: 1 }), (callees, added) => {
      fc.pre(!callees.includes(added));
      const before = loopbackAddresses(callees);
      fc.pre(![...before.values()].includes(loopbackAddresses([added]).get(added)!));
      const after = loopbackAddresses([...callees, added]);
      callees.forEach((callee) => expect(after.get(callee)).toBe(before.get(callee)));
    }));
  });

  test('tell names apart that hash alike: the first by name keeps its address, the other hashes again', () => {
    const alike = (name: string, round: number) => (round === 0 ? 5 : name.length + 100 * round);
    expect(Object.fromEntries(loopbackAddresses(['beta', 'alpha'], alike))).toEqual({ alpha: '127.64.0.5', beta: '127.64.0.104' });
    expect(loopbackAddresses(['beta'], alike).get('beta')).toBe('127.64.0.5');
  });
});
