/**
 * Faults on purpose, as a caller declares them for a call: to see what its timeout and the app that calls make of them.
 */
import { Duration } from 'cdk8s';
import { FaultConfig } from '../../contract';
import { isFieldName, isFieldValue, LONGEST_FIELD_VALUE } from '../props/header-fields';
import { checkQuantity, Quantity } from '../props/quantities';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

const QUANTITIES = {
  // #region generated quantities of FaultConfig
  percent: { field: 'percent', unit: 'fraction', min: 0, max: 100 },
  delay: { field: 'delayMs', unit: 'time', min: 1, max: 300_000 },
  abortStatus: { field: 'abortStatus', unit: 'number', min: 400, max: 599 },
  // #endregion
} as const satisfies Record<string, Quantity>;

/**
 * Which requests a fault applies to.
 */
export interface FaultOptions {
  /**
   * Percentage of the matching requests, 0 to 100.
   *
   * @default 100
   */
  readonly percent?: number;

  /**
   * Header field that a request must have.
   *
   * @default - all requests match
   */
  readonly headerName?: string;

  /**
   * Exact value that this header field must have.
   *
   * @default - any value
   */
  readonly headerValue?: string;
}

const OPTIONS = { percent: true, headerName: true, headerValue: true } as const satisfies Record<keyof FaultOptions, true>;

/**
 * A fault that the caller's proxy injects. It is visible in the YAML as the annotation `cdk8s-mesh/faults` of the ConfigMap, and at run
 * time in `mesh_faults_injected_total` and the reason `fault_injected`.
 */
export class FaultInjection {
  /**
   * Delays requests before they are sent. The call's timeout keeps running.
   *
   * @param duration delay, up to five minutes
   * @param options which requests
   */
  public static delay(duration: Duration, options: FaultOptions = {}): FaultInjection {
    return new FaultInjection(options, duration);
  }

  /**
   * Responds to requests in place of the service, which does not see them.
   *
   * @param status status of the response, 400 to 599
   * @param options which requests
   */
  public static abort(status: number, options: FaultOptions = {}): FaultInjection {
    return new FaultInjection(options, undefined, status);
  }

  private constructor(private readonly options: FaultOptions, private readonly duration?: Duration, private readonly status?: number) {}

  /** @internal */
  public _toConfig(): FaultConfig {
    const { percent = 100, headerName, headerValue } = this.options;
    return {
      percent,
      ...(headerName !== undefined && { header: { name: headerName, ...(headerValue !== undefined && { value: headerValue }) } }),
      ...(this.duration && { delayMs: this.duration.toMilliseconds() }),
      ...(this.status !== undefined && { abortStatus: this.status }),
    };
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    errors.unknownProps(this.options, OPTIONS, `${prop}.`);
    const { percent, headerName, headerValue } = this.options;
    if (percent !== undefined) {
      checkQuantity(errors, `${prop}.percent`, percent, QUANTITIES.percent);
    }
    if (headerName !== undefined && !isFieldName(headerName)) {
      errors.add(`${prop}.headerName`, headerName, 'name a header field, such as x-fault');
    }
    if (headerValue !== undefined && !isFieldValue(headerValue)) {
      errors.add(`${prop}.headerValue`, headerValue, `use the value of a header field, in Latin-1 and up to ${LONGEST_FIELD_VALUE} characters`);
    }
    if (headerValue !== undefined && headerName === undefined) {
      errors.add(`${prop}.headerValue`, headerValue, `say of which field, with '${prop}.headerName'`);
    }
    if (this.status !== undefined) {
      checkQuantity(errors, `${prop}.status`, this.status, QUANTITIES.abortStatus);
    } else {
      checkQuantity(errors, `${prop}.duration`, this.duration, QUANTITIES.delay);
    }
  }
}

mark(FaultInjection);
