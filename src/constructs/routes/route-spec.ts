/** What a `Route` keeps of what its author said. */
import { Duration } from 'cdk8s';
import { PathChange } from '../../contract';
import { AccessLog } from '../policies/access-log';
import { FaultInjection } from '../policies/fault-injection';
import { HashKey } from '../policies/hash-key';
import { Retry } from '../policies/retry';
import { SessionPersistence } from '../policies/session-persistence';
import { CorsOptions } from './cors-options';
import { Match } from './match';
import { MirrorOptions, RedirectOptions, RespondOptions, RouteTargetOptions } from './route-options';
import { RouteTarget } from './route-target';

/** A change of one header field. */
export interface HeaderChange {
  readonly step: 'remove' | 'set' | 'add';
  readonly name: string;
  readonly value?: string;
}

/** Everything that was said of a route. */
export interface RouteSpec {
  readonly name?: string;
  /** Any of them must hold, and all conditions of one. None: every request. */
  readonly alternatives: readonly (readonly Match[])[];
  readonly targets: readonly { readonly target: RouteTarget; readonly options: RouteTargetOptions }[];
  readonly mirrors: readonly { readonly target: RouteTarget; readonly options: MirrorOptions }[];
  readonly redirect?: RedirectOptions;
  readonly respond?: { readonly status: number; readonly options: RespondOptions };
  readonly rewritePath?: PathChange;
  readonly rewriteHost?: string;
  readonly requestHeaders: readonly HeaderChange[];
  readonly responseHeaders: readonly HeaderChange[];
  readonly cors?: CorsOptions;
  /** Whether the service of a gateway's `externalAuthorization` is asked; absent: it is. */
  readonly externalAuthorization?: false;
  readonly timeout?: Duration;
  readonly retry?: Retry;
  readonly hashKeys?: readonly HashKey[];
  readonly sessionPersistence?: SessionPersistence;
  readonly faults?: readonly FaultInjection[];
  readonly accessLog?: AccessLog;
}
