/** Who called whom in a run: callers at the left of what they call, each call with its requests and what became of them. */
import { svgNumber as at, svgText as text } from '../terminal/svg';
import { count, duration, percent } from '../terminal/table';
import type { ServiceId } from '../live';
import type { RecordedService, Recording } from './recording';
import { CallSummary } from './summary';

const BOX = { width: 170, height: 46 };
const GAP = { x: 170, y: 40 };
const MARGIN = 12;

interface Place {
  readonly x: number;
  readonly y: number;
}

export function graphOf({ services }: Pick<Recording, 'services'>, calls: readonly CallSummary[]): string {
  const places = placesOf(services, calls);
  const width = Math.max(0, ...[...places.values()].map(({ x }) => x)) + BOX.width + MARGIN;
  const height = Math.max(0, ...[...places.values()].map(({ y }) => y)) + BOX.height + MARGIN;
  return [
    `<svg viewBox="0 0 ${width} ${height}" style="max-width:${width}px" role="img" aria-label="the call graph">`,
    ...calls.flatMap((call) => callOf(call, places)),
    ...services.flatMap((service) => boxOf(service, places.get(service.id)!)),
    '</svg>',
  ].join('\n');
}

/** In columns by the longest way from a service that nobody calls; a call back into a circle moves nothing. */
function placesOf(services: readonly RecordedService[], calls: readonly CallSummary[]): Map<ServiceId, Place> {
  const column = new Map<ServiceId, number>(services.map(({ id }) => [id, 0]));
  const move = (id: ServiceId, way: readonly ServiceId[]): void => {
    for (const { to } of calls.filter(({ from }) => from === id)) {
      if (way.includes(to) || column.get(to)! > column.get(id)!) continue;
      column.set(to, column.get(id)! + 1);
      move(to, [...way, to]);
    }
  };
  for (const { id } of services) if (!calls.some(({ to }) => to === id)) move(id, [id]);
  const rows = new Map<number, number>();
  return new Map(services.map(({ id }) => {
    const depth = column.get(id)!;
    const row = rows.get(depth) ?? 0;
    rows.set(depth, row + 1);
    return [id, { x: MARGIN + depth * (BOX.width + GAP.x), y: MARGIN + row * (BOX.height + GAP.y) }];
  }));
}

function callOf({ from, to, requests, failed, usualP50Ms, usualP99Ms }: CallSummary, places: ReadonlyMap<ServiceId, Place>): string[] {
  const [start, end] = [places.get(from), places.get(to)];
  if (!start || !end) return [];
  const [x1, y1, x2, y2] = [start.x + BOX.width, start.y + BOX.height / 2, end.x, end.y + BOX.height / 2];
  const bend = Math.max(40, (x2 - x1) / 2);
  const middle = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
  const style = failed === 0 ? 'call' : failed / requests < 0.01 ? 'call poor' : 'call bad';
  return [
    `<path d="M${at(x1)} ${at(y1)}C${at(x1 + bend)} ${at(y1)} ${at(x2 - bend)} ${at(y2)} ${at(x2)} ${at(y2)}" class="${style}"/>`,
    text(middle.x, middle.y - 6, `${count(requests)} requests`, 'class="small" text-anchor="middle"'),
    text(middle.x, middle.y + 12, requests === 0 ? '' : failed > 0 ? `${percent(failed / requests)} failed`
      : `${duration(usualP50Ms ?? NaN)} / ${duration(usualP99Ms ?? NaN)}`, `class="small ${failed > 0 ? 'bad' : 'quiet'}" text-anchor="middle"`),
  ];
}

function boxOf({ id, kind, fewestPods, mostPods }: RecordedService, { x, y }: Place): string[] {
  const pods = kind === 'outside' ? 'outside of the mesh' : `${fewestPods === mostPods ? mostPods : `${fewestPods} to ${mostPods}`} pods`;
  return [
    `<rect x="${at(x)}" y="${at(y)}" width="${BOX.width}" height="${BOX.height}" rx="6" class="box"/>`,
    text(x + 10, y + 19, id, 'class="name"'),
    text(x + 10, y + 36, kind === 'gateway' ? `gateway, ${pods}` : pods, 'class="small quiet"'),
  ];
}
