/** Replays as one SVG file: for each service the load with what is shed, the pods, and the response times, over time. */
import type { ReplayStep } from '../../planning/scaling/replay';
import { svgFile, svgNumber, svgText } from '../terminal/svg';
import { count, duration } from '../terminal/table';
import type { Replay } from './replays';

const WIDTH = 1_000;
const LEFT = 90;
const PLOT = { width: WIDTH - LEFT - 30, height: 90 };
const ROW = 130;
/** Points of a line; more are not seen. */
const POINTS = 800;

interface Line {
  readonly title: string;
  readonly colour: string;
  of(step: ReplayStep): number;
  text(value: number): string;
}

const LINES: readonly Line[] = [
  { title: 'requests a second (red: shed)', colour: '#0072b2', of: ({ rps }) => rps, text: count },
  { title: 'pods', colour: '#009e73', of: ({ replicas }) => replicas, text: count },
  { title: 'response time; gaps: saturated', colour: '#e69f00', of: ({ responseMs }) => responseMs, text: duration },
];

export function replayPicture(replays: readonly Replay[]): string {
  const height = ROW * LINES.length + 40;
  return svgFile(WIDTH, height * replays.length, replays.flatMap(({ planned, result }, index) => [
    `<g transform="translate(0 ${index * height})">`,
    svgText(LEFT, 24, planned.title, 'font-size="16" font-weight="600"'),
    ...LINES.flatMap((line, row) => panel(line, thinned(result.steps), 48 + row * ROW)),
    '</g>',
  ]));
}

function panel({ title, colour, of, text }: Line, steps: readonly ReplayStep[], top: number): string[] {
  const most = Math.max(...steps.map(of).filter(Number.isFinite), 1e-9) * 1.05;
  const end = steps[steps.length - 1]!.seconds || 1;
  const point = (seconds: number, value: number): string => `${svgNumber(LEFT + (seconds / end) * PLOT.width)} ${svgNumber(top + PLOT.height * (1 - value / most))}`;
  let pen = 'M';
  const path = steps.map((step) => {
    const value = of(step);
    if (!Number.isFinite(value)) {
      pen = 'M';
      return '';
    }
    const part = `${pen}${point(step.seconds, value)}`;
    pen = 'L';
    return part;
  }).join('');
  const shed = colour === LINES[0]!.colour ? steps.filter(({ shedRps }) => shedRps > 0)
    .map(({ seconds, rps, shedRps }) => `<path d="M${point(seconds, rps)}L${point(seconds, rps - shedRps)}" stroke="#d55e00" stroke-width="1.5"/>`) : [];
  return [
    svgText(LEFT, top - 6, title, 'fill="#555"'),
    `<rect x="${LEFT}" y="${top}" width="${PLOT.width}" height="${PLOT.height}" fill="none" stroke="#ddd"/>`,
    svgText(LEFT - 8, top + 10, text(most), 'text-anchor="end" fill="#555"'),
    svgText(LEFT - 8, top + PLOT.height, text(0), 'text-anchor="end" fill="#555"'),
    ...shed,
    `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
  ];
}

/** Of each stretch the worst step, so that no spike is lost. */
function thinned(steps: readonly ReplayStep[]): ReplayStep[] {
  const every = Math.max(1, Math.ceil(steps.length / POINTS));
  return Array.from({ length: Math.ceil(steps.length / every) }, (_, index) => steps.slice(index * every, (index + 1) * every)
    .reduce((worst, step) => (step.responseMs > worst.responseMs ? step : worst)));
}
