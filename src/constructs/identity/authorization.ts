/**
 * What becomes of requests that no declared call allows. The rules themselves come from the call graph; see caller-rules.ts.
 */
import { AuthorizationConfig, DEFAULT_AUTHORIZATION } from '../../contract';
import { checkSpiffeIds } from '../props/spiffe-id';
import { ValidationErrors } from '../props/validation-errors';
import { mark } from '../synthesis/copies';

/**
 * Which decisions sidecars log, a line for each.
 */
export enum AuditLog {
  /** None. */
  OFF = 'off',
  /** Requests that are denied, or would be without `dryRun`. At most 50 lines a second. */
  DENIED = 'denied',
  /** All requests. */
  ALL = 'all',
}

/**
 * Options of `Authorization`.
 */
export interface AuthorizationOptions {
  /**
   * Which decisions are logged.
   *
   * @default AuditLog.DENIED
   */
  readonly audit?: AuditLog;

  /**
   * Callers that are let in besides those that this app declares, by their SPIFFE ids: for callers that another app declares.
   *
   * @default - none
   */
  readonly callers?: string[];
}

const OPTIONS = { audit: true, callers: true } as const satisfies Record<keyof AuthorizationOptions, true>;

/**
 * Who may call a service: exactly those that declare it with `calls()`, with a route, a fallback or a mirror, and gateways. Everybody else
 * gets 403.
 */
export class Authorization {
  /**
   * Requests of others are refused.
   */
  public static enforce(options: AuthorizationOptions = {}): Authorization {
    return new Authorization(false, options);
  }

  /**
   * Requests of others pass, and are counted and logged as those that would be denied.
   */
  public static dryRun(options: AuthorizationOptions = {}): Authorization {
    return new Authorization(true, options);
  }

  private constructor(
    /** @internal */
    public readonly _dryRun: boolean,
    /** @internal */
    public readonly _options: AuthorizationOptions,
  ) {}

  /**
   * What a document says of it besides the rules.
   *
   * @internal
   */
  public _toConfig(): Omit<AuthorizationConfig, 'rules'> {
    const { audit } = this._options;
    return {
      ...(this._dryRun !== DEFAULT_AUTHORIZATION.dryRun && { dryRun: this._dryRun }),
      ...(audit !== undefined && audit !== DEFAULT_AUTHORIZATION.audit && { audit }),
    };
  }

  /** @internal */
  public _check(errors: ValidationErrors, prop: string): void {
    const { audit, callers = [] } = this._options;
    errors.unknownProps(this._options, OPTIONS, `${prop}.`);
    if (audit !== undefined && !Object.values(AuditLog).includes(audit)) {
      errors.add(`${prop}.audit`, audit, 'use one of AuditLog.OFF, AuditLog.DENIED, AuditLog.ALL');
    }
    checkSpiffeIds(errors, `${prop}.callers`, callers);
  }
}

mark(Authorization);
