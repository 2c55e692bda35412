/**
 * Availability as minutes. A year is 365.25 days, 525,960 minutes: 99.99 % leaves 52.6 of them, 99.999 % leaves 5.26. The two are often taken for
 * each other, so reports show both.
 */
const MINUTES_A_YEAR = 525_960;
const MINUTES_A_MONTH = 30 * 24 * 60;

/** The scales that reports show beside a service's own. */
export const SCALES = [0.9999, 0.99999];

/** Minutes a year in which a service of this availability does not work. */
export function minutesDownAYear(availability: number): number {
  return (1 - availability) * MINUTES_A_YEAR;
}

/** Minutes in 30 days. */
export function minutesDownAMonth(availability: number): number {
  return (1 - availability) * MINUTES_A_MONTH;
}

/** The part of a budget that is used up, 1 for all of it: what is expected to fail over what may. */
export function budgetUsed(expected: number, target: number): number {
  return (1 - expected) / (1 - target);
}

/** `99.9 %`, `99.993 %`: as many digits as tell it from 100 %, and two more. */
export function availabilityText(availability: number): string {
  const down = 1 - availability;
  if (down <= 0) return '100 %';
  const digits = Math.min(10, Math.max(0, Math.ceil(-Math.log10(down * 100))) + 1);
  return `${Number((availability * 100).toFixed(digits))} %`;
}

/** `52.6 min`, `3.2 h`, `12 s`. */
export function minutesText(minutes: number): string {
  if (minutes >= 600) return `${Number((minutes / 60).toPrecision(3))} h`;
  if (minutes >= 1) return `${Number(minutes.toPrecision(3))} min`;
  return `${Number((minutes * 60).toPrecision(2))} s`;
}
