import fc from 'fast-check';
import { layOut, Point, SIZES } from '../../src/page/layout';

const nodes = (...ids: string[]) => ids.map((id) => ({ id, height: 80 }));
const calls = (...texts: string[]) => texts.map((text) => {
  const [from, to] = text.split('>');
  return { from, to };
});
const columnOf = ({ x }: Point): number => (x - SIZES.margin) / (SIZES.nodeWidth + SIZES.gap);

describe('layOut', () => {
  test('callers stand left of what they call, by the longest way', () => {
    const layout = layOut(nodes('d', 'c', 'b', 'a'), calls('a>b', 'b>c', 'a>c', 'c>d'));
    expect(['a', 'b', 'c', 'd'].map((id) => columnOf(layout.nodes.get(id)!))).toEqual([0, 1, 2, 3]);
  });

  test('a call over several layers bends around what stands between', () => {
    const layout = layOut(nodes('a', 'b', 'c'), calls('a>b', 'b>c', 'a>c'));
    const [start, , bend, end] = layout.edges[2];
    const between = layout.nodes.get('b')!;
    expect(layout.edges.map((points) => points.length)).toEqual([2, 2, 4]);
    expect(start.x).toBe(layout.nodes.get('a')!.x + SIZES.nodeWidth);
    expect(end.x).toBe(layout.nodes.get('c')!.x);
    expect(bend.y < between.y || bend.y > between.y + 80).toBe(true);
  });

  test('a cycle is broken, and a service that calls itself stays where it is', () => {
    const layout = layOut(nodes('a', 'b', 'c'), calls('a>b', 'b>c', 'c>a', 'b>b'));
    expect(['a', 'b', 'c'].map((id) => columnOf(layout.nodes.get(id)!))).toEqual([0, 1, 2]);
    expect(layout.edges).toHaveLength(4);
  });

  test('of two orders, the one without crossings is taken', () => {
    const { nodes: places } = layOut(nodes('a', 'b', 'x', 'y'), calls('a>y', 'b>x'));
    expect(places.get('a')!.y < places.get('b')!.y).toBe(places.get('y')!.y < places.get('x')!.y);
  });

  test('an empty mesh has a place, too', () => {
    expect(layOut([], [])).toMatchObject({ edges: [] });
  });

  test('whatever calls whom, no two services overlap, all are inside, and each call has its ends', () => {
    const graph = fc.nat({ max: 24 }).chain((most) => fc.record({
      count: fc.constant(most + 1),
      pairs: fc.uniqueArray(fc.tuple(fc.nat({ max: most }), fc.nat({ max: most })), { selector: String, maxLength: 60 }),
    }));
    fc.assert(fc.property(graph, ({ count, pairs }) => {
      const all = nodes(...Array.from({ length: count }, (_, index) => `n${index}`));
      const layout = layOut(all, pairs.map(([from, to]) => ({ from: `n${from}`, to: `n${to}` })));
      const places = [...layout.nodes.values()];
      for (const [index, { x, y }] of places.entries()) {
        expect(x >= SIZES.margin && x + SIZES.nodeWidth <= layout.width && y >= 0 && y + 80 <= layout.height).toBe(true);
        for (const other of places.slice(index + 1)) expect(other.x !== x || Math.abs(other.y - y) >= 80).toBe(true);
      }
      layout.edges.forEach((points, index) => {
        const to = layout.nodes.get(`n${pairs[index][1]}`)!;
        expect(points.at(-1)!.x).toBe(to.x);
        expect(points.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
      });
    }));
  });
});
