/** Percentages that people write as texts. */

/**
 * `99.99%` as 0.9999, to as many digits as were given; undefined when the text has not this form or is 0 or 100.
 *
 * @param form with the digits as its group
 */
export function partOf(text: unknown, form: RegExp): number | undefined {
  const [, digits] = form.exec(String(text)) ?? [];
  const percent = Number(digits);
  return digits !== undefined && percent > 0 && percent < 100 ? Number((percent / 100).toFixed(10)) : undefined;
}
