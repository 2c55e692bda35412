/** What counts as a failed request, for objectives and dashboards alike. */

/** Requests that broke off after a good status had been sent. */
const BROKEN_OFF = 'upstream_broken_body|body_timeout|memory_shed|shutting_down';

/**
 * The part of the requests that failed, in PromQL; 0 while none did.
 *
 * @param selector labels of their series
 * @param by labels to tell them apart by
 */
export function failureRatio(selector: string, window: string, by: readonly string[] = []): string {
  const sum = by.length > 0 ? `sum by (${by.join(', ')}) ` : 'sum';
  const rate = (more: string): string => `rate(mesh_requests_total{${selector}${more}}[${window}])`;
  const all = `${sum}(${rate('')})`;
  return `(${sum}(${rate(',code=~"5.."')} or ${rate(`,reason=~"${BROKEN_OFF}"`)}) or 0 * ${all}) / ${all}`;
}
