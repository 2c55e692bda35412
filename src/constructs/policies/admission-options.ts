/**
 * What of the requests to a pod its sidecar lets in.
 */
import { AdmissionConfig, DEFAULT_ADMISSION } from '../../contract';
import { normalizePattern, PathFault } from '../../routing';
import { isList, isText, TextRule } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { isA, refusalOfCopy } from '../synthesis/copies';
import { ConcurrencyLimit } from './concurrency-limit';
import { RateLimit } from './rate-limit';

/**
 * Which requests a pod accepts. Other requests are refused at once, with a reason code and `Retry-After`; the app does not see them.
 *
 * Fields that are not set here come from the nearest `Mesh` that sets them, then from the defaults.
 */
export interface AdmissionOptions {
  /**
   * How many requests the app works on at a time. Requests above the limit get 503 `overloaded`. A request whose body takes longer than a
   * second to arrive gets its slot when the body is complete; if there is none then, it gets 408 `late_body`.
   *
   * @default ConcurrencyLimit.none()
   */
  readonly concurrency?: ConcurrencyLimit;

  /**
   * How many requests per second or minute the pod accepts. Requests above the limit get 429 `rate_limited`.
   *
   * @default RateLimit.none()
   */
  readonly rateLimit?: RateLimit;

  /**
   * Paths that are always accepted and do not count, such as those of health checks and long polls. A path with `*` at the end is a prefix.
   * At most 32. Probes of the kubelet go directly to the app, not through the sidecar.
   *
   * @default ['/healthz', '/livez', '/readyz']
   */
  readonly exemptPaths?: string[];
}

const OPTIONS = { concurrency: true, rateLimit: true, exemptPaths: true } as const satisfies Record<keyof AdmissionOptions, true>;

const PATHS = {
  // #region generated lists of AdmissionConfig
  exemptPaths: { least: 0, most: 32 },
  // #endregion
};
const PATH: TextRule = {
  // #region generated text of PathPattern
  form: /^\/[^?#*\s]*\*?$/,
  longest: Infinity,
  // #endregion
};

/** Checks what one construct says. */
export function checkAdmission(errors: ValidationErrors, prop: string, admission: AdmissionOptions): void {
  errors.unknownProps(admission, OPTIONS, `${prop}.`);
  const { concurrency, rateLimit, exemptPaths } = admission;
  if (concurrency !== undefined) {
    if (isA(ConcurrencyLimit, concurrency)) concurrency._check(errors, `${prop}.concurrency`);
    else errors.add(`${prop}.concurrency`, concurrency, refusalOfCopy(ConcurrencyLimit, concurrency) ?? 'make it with ConcurrencyLimit.adaptive(), for example');
  }
  if (rateLimit !== undefined) {
    if (isA(RateLimit, rateLimit)) rateLimit._check(errors, `${prop}.rateLimit`);
    else errors.add(`${prop}.rateLimit`, rateLimit, refusalOfCopy(RateLimit, rateLimit) ?? 'make it with RateLimit.perSecond(100), for example');
  }
  if (exemptPaths !== undefined && !isList(PATHS.exemptPaths, exemptPaths)) {
    errors.add(`${prop}.exemptPaths`, exemptPaths, `list at most ${PATHS.exemptPaths.most} paths, such as ['/healthz', '/events/*']`);
  } else {
    exemptPaths?.forEach((path, index) => {
      if (!isText(PATH, path)) {
        errors.add(`${prop}.exemptPaths[${index}]`, path, 'use a path without a query, such as /healthz, or the beginning of one, such as /events/*');
        return;
      }
      const normal = normalizePattern(path, { encodedSlashes: 'keep' });
      if (normal instanceof PathFault) {
        errors.add(`${prop}.exemptPaths[${index}]`, path, `no request has such a path: ${normal.message}`);
      }
    });
  }
}

/** The document's field; nothing when everything is let in. */
export function admissionConfig({ concurrency, rateLimit, exemptPaths }: AdmissionOptions): AdmissionConfig | undefined {
  const limits = { concurrency: concurrency?._toConfig(), rateLimit: rateLimit?._toConfig() };
  if (!limits.concurrency && !limits.rateLimit) return undefined;
  const isDefault = exemptPaths === undefined || JSON.stringify(exemptPaths) === JSON.stringify(DEFAULT_ADMISSION.exemptPaths);
  return {
    ...(limits.concurrency && { concurrency: limits.concurrency }),
    ...(limits.rateLimit && { rateLimit: limits.rateLimit }),
    ...(!isDefault && { exemptPaths }),
  };
}
