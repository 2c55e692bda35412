/** Values as the columns of a line of text have them. */

/** A name, without white space; `-` stands for what does not apply. */
export function column(name: string | undefined): string {
  return name === undefined || name === '' ? '-' : name.replace(/\s/g, '_');
}

/** A time to the microsecond. */
export function milliseconds(time: number): number {
  return Math.round(time * 1_000) / 1_000;
}
