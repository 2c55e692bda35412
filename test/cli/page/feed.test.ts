import { EventFeed, MAX_EVENTS } from '../../../src/cli/page/feed';
import type { MeshEvent } from '../../../src/cli/live';

const event = (index: number): MeshEvent => ({ at: index, kind: 'pod', severity: 'info', service: 'a', text: String(index) });
const texts = (events: readonly MeshEvent[]) => events.map(({ text }) => text);

test('each reader is told what it has not been told', () => {
  const feed = new EventFeed();
  feed.add([event(0), event(1)]);
  const first = feed.since(0);
  expect(texts(first.events)).toEqual(['0', '1']);
  expect(feed.since(first.index).events).toEqual([]);
  feed.add([event(2)]);
  expect(texts(feed.since(first.index).events)).toEqual(['2']);
});

test('keeps so many, and who is behind by more gets those', () => {
  const feed = new EventFeed();
  for (let i = 0; i < MAX_EVENTS + 50; i++) feed.add([event(i)]);
  expect(texts(feed.since(0).events)).toHaveLength(MAX_EVENTS);
  expect(texts(feed.since(0).events)[0]).toBe('50');
  expect(texts(feed.since(MAX_EVENTS + 48).events)).toEqual([String(MAX_EVENTS + 48), String(MAX_EVENTS + 49)]);
});
