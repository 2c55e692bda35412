/** Load over time, in requests a second: shapes with a name, and curves through points. */

/** Load at a time in seconds from the beginning. */
export type Load = (seconds: number) => number;

export interface LoadPoint {
  readonly seconds: number;
  readonly rps: number;
}

const DAY_SECONDS = 86_400;

/** A shape between a lowest and a highest rate, and how long it lasts. */
export interface Shape {
  readonly seconds: number;
  readonly about: string;
  load(low: number, high: number): Load;
}

export const SHAPES = {
  diurnal: {
    seconds: DAY_SECONDS,
    about: 'a day that is lowest at the beginning and highest in the middle, as a cosine',
    load: (low, high) => (seconds) => low + ((high - low) * (1 - Math.cos((2 * Math.PI * seconds) / DAY_SECONDS))) / 2,
  },
  spike: {
    seconds: 3_600,
    about: 'low for 20 minutes, at once high for 10, and low again',
    load: (low, high) => (seconds) => (seconds >= 1_200 && seconds < 1_800 ? high : low),
  },
  ramp: {
    seconds: 3_600,
    about: 'from low to high in 30 minutes, and then high',
    load: (low, high) => (seconds) => low + (high - low) * Math.min(1, seconds / 1_800),
  },
} as const satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;

/** The straight lines through points, which are in the order of their times. Before the first and after the last it is as there. */
export function throughPoints(points: readonly LoadPoint[]): Load {
  let at = 0;
  return (seconds) => {
    if (seconds < points[at]!.seconds) at = 0;
    while (at < points.length - 1 && points[at + 1]!.seconds <= seconds) at++;
    const [from, to] = [points[at]!, points[at + 1]];
    if (!to || seconds <= from.seconds) return from.rps;
    return from.rps + ((to.rps - from.rps) * (seconds - from.seconds)) / (to.seconds - from.seconds);
  };
}
