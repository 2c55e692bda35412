/**
 * Asks the rules of a listener whether a request may pass, before it costs anything else. What was asked of is what is sent on: the path is
 * in its normal form, and fields that Connection names count for nothing. Decisions are counted, and logged as the listener says.
 */
import { Authorization } from '../../../authorization';
import type { ResolvedAuthorization } from '../../../contract';
import type { ByteRange, PathOptions } from '../../../routing';
import { HEAD_VIEW, HeadView } from '../../http1/head-view';
import type { RequestTokens } from '../../jwt/request-tokens';
import type { GoodToken } from '../../jwt/token-verifier';
import type { RequestHead } from '../../http1/request-head';
import type { AuditRecord } from '../../telemetry/audit-log';
import type { AuthorizationInstruments } from '../../telemetry/authorization-instruments';
import type { JwtInstruments } from '../../telemetry/jwt-instruments';
import type { Clock } from '../../runtime/clock';
import { TokenBucket } from '../admission/token-bucket';
import { Refusal, refusalOfDenial, TOKEN_INVALID } from '../exchange/refusal';

/** Limit `auditLines`: denials of one listener that are logged in a second, where only denials are. Anybody can cause them. */
export const MAX_AUDIT_LINES = 50;

const NO_LINES = Buffer.alloc(0);

/** There is a token, and it can't be believed. */
const NOT_GOOD = Symbol('not good');

/** Who asks. */
export interface Caller {
  /** Its verified identity; undefined: none. */
  readonly caller: string | undefined;
  readonly address: string;
}

/** What is known of who sends a request. Its exchange has one and uses it again. */
export interface Credentials {
  /** Its token, when that is good. */
  token: GoodToken | undefined;
}

/** Where decisions are told. */
export interface AuthorizerDependencies {
  readonly instruments: { readonly authorization: AuthorizationInstruments; readonly jwt: JwtInstruments };
  readonly clock: Pick<Clock, 'now' | 'wallTime'>;
  /** Undefined while nothing is logged. */
  onAudit(): ((record: AuditRecord) => void) | undefined;
  onLimit(limit: string): void;
}

export class Authorizer {
  private readonly rules: Authorization;
  private readonly lines: TokenBucket;

  /**
   * @param key    tells it from one by another configuration
   * @param config has passed the checks of a document
   * @param tokens undefined where they are not looked at
   */
  constructor(
    readonly key: string, private readonly listener: string, private readonly config: ResolvedAuthorization, options: PathOptions | undefined,
    private readonly tokens: RequestTokens | undefined, private readonly dependencies: AuthorizerDependencies,
  ) {
    const rules = Authorization.of(config.rules, options);
    if (!(rules instanceof Authorization)) throw new Error(rules.map(({ message }) => message).join('; '));
    this.rules = rules;
    this.lines = new TokenBucket(MAX_AUDIT_LINES, MAX_AUDIT_LINES, dependencies.clock.now());
  }

  /**
   * Why a request may not pass; undefined when it may. Its head is in `source`, with a normal path.
   *
   * @param credentials get its token
   */
  ask(caller: Caller, source: Buffer, head: RequestHead, credentials: Credentials): Refusal | undefined {
    const { config: { dryRun }, dependencies: { instruments: { authorization } } } = this;
    const view = HEAD_VIEW.of(source, head);
    const token = this.tokens && this.tokenOf(this.tokens, view);
    credentials.token = token === NOT_GOOD ? undefined : token;
    if (token === NOT_GOOD) {
      this.logDenial('token_invalid', caller, view);
      return dryRun ? undefined : TOKEN_INVALID;
    }
    const decision = this.rules.decide(caller.caller, HEAD_VIEW.of(source, head, token?.claims));
    if (decision.allowed) {
      authorization.allowed(decision.name).value += 1;
      if (this.config.audit === 'all') this.log({ decision: 'allowed', rule: decision.name }, caller, view);
      return undefined;
    }
    authorization.denied(decision.cause, dryRun).value += 1;
    this.logDenial(decision.cause, caller, view);
    return dryRun ? undefined : refusalOfDenial(decision.cause);
  }

  /** Why a connection of TCP may not be opened, or may not go on; undefined when it may. */
  askConnection(caller: Caller): Refusal | undefined {
    const { config: { dryRun, audit }, dependencies: { instruments: { authorization } } } = this;
    const decision = this.rules.decideConnection(caller.caller);
    if (decision.allowed) {
      authorization.allowed(decision.name).value += 1;
      if (audit === 'all') this.log({ decision: 'allowed', rule: decision.name }, caller);
      return undefined;
    }
    authorization.denied(decision.cause, dryRun).value += 1;
    this.logDenial(decision.cause, caller);
    return dryRun ? undefined : refusalOfDenial(decision.cause);
  }

  /** Makes the request that is sent on one that only says what is known. @returns field lines that it gets besides */
  prepare(source: Buffer, head: RequestHead, { token }: Credentials): Buffer {
    return this.tokens?.prepare(source, head, token) ?? NO_LINES;
  }

  /** Leaves out of trailers what only the proxy may say. */
  leaveOutOwn(source: Buffer, section: Pick<RequestHead, 'fields'>): void {
    this.tokens?.leaveOutOwn(source, section);
  }

  /** Undefined when the request has none. */
  private tokenOf(tokens: RequestTokens, view: HeadView): GoodToken | typeof NOT_GOOD | undefined {
    const { clock, instruments: { jwt } } = this.dependencies;
    const verified = tokens.of(view, clock.wallTime() / 1_000);
    if (!verified) return undefined;
    jwt.tokens(!verified.ok ? verified.problem : verified.remembered ? 'remembered' : 'verified').value += 1;
    return verified.ok ? verified.token : NOT_GOOD;
  }

  private logDenial(cause: string, caller: Caller, view?: HeadView): void {
    const { audit, dryRun } = this.config;
    if (audit === 'all' || (audit === 'denied' && this.hasLine())) this.log({ decision: dryRun ? 'would_deny' : 'denied', cause }, caller, view);
  }

  private hasLine(): boolean {
    if (this.lines.take(this.dependencies.clock.now())) return true;
    this.dependencies.onLimit('auditLines');
    return false;
  }

  private log(decided: Pick<AuditRecord, 'decision' | 'rule' | 'cause'>, { caller, address }: Caller, view?: HeadView): void {
    this.dependencies.onAudit()?.({
      listener: this.listener, caller, client: address,
      ...(view && { method: textOf(view.method), path: textOf(view.path), host: textOf(view.host) }), ...decided,
    });
  }
}

function textOf({ bytes, start, end }: ByteRange): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}
