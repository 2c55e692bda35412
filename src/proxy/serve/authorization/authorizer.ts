/**
 * Asks the rules of a listener whether a request may pass, before it costs anything else. What was asked of is what is sent on: the path is
 * in its normal form, and fields that Connection names count for nothing. Decisions are counted, and logged as the listener says.
 */
import { Authorization, type Decision } from '../../../authorization';
import type { ResolvedAuthorization } from '../../../contract';
import type { ByteRange, PathOptions } from '../../../routing';
import { HeadView } from '../../http1/head-view';
import type { RequestHead } from '../../http1/request-head';
import type { AuditRecord } from '../../telemetry/audit-log';
import type { AuthorizationInstruments } from '../../telemetry/authorization-instruments';
import { TokenBucket } from '../admission/token-bucket';
import { Refusal, refusalOfDenial } from '../exchange/refusal';

/** Limit `auditLines`: denials of one listener that are logged in a second, where only denials are. Anybody can cause them. */
export const MAX_AUDIT_LINES = 50;

const VIEW = new HeadView();

/** Who asks. */
export interface Caller {
  /** Its verified identity; undefined: none. */
  readonly caller: string | undefined;
  readonly address: string;
}

/** Where decisions are told. */
export interface AuthorizerDependencies {
  readonly instruments: AuthorizationInstruments;
  now(): number;
  /** Undefined while nothing is logged. */
  onAudit(): ((record: AuditRecord) => void) | undefined;
  onLimit(limit: string): void;
}

export class Authorizer {
  private readonly rules: Authorization;
  private readonly lines: TokenBucket;

  /** @param config has passed the checks of a document */
  constructor(
    private readonly listener: string, private readonly config: ResolvedAuthorization, options: PathOptions | undefined,
    private readonly dependencies: AuthorizerDependencies,
  ) {
    const rules = Authorization.of(config.rules, options);
    if (!(rules instanceof Authorization)) throw new Error(rules.map(({ message }) => message).join('; '));
    this.rules = rules;
    this.lines = new TokenBucket(MAX_AUDIT_LINES, MAX_AUDIT_LINES, dependencies.now());
  }

  /** Why a request may not pass; undefined when it may. Its head is in `source`, with a normal path. */
  ask(caller: Caller, source: Buffer, head: RequestHead): Refusal | undefined {
    const { config: { dryRun, audit }, dependencies: { instruments } } = this;
    const decision = this.rules.decide(caller.caller, VIEW.of(source, head));
    if (decision.allowed) {
      instruments.allowed(decision.name).value += 1;
      if (audit === 'all') this.log(decision, caller, source, head);
      return undefined;
    }
    instruments.denied(decision.cause, dryRun).value += 1;
    if (audit === 'all' || (audit === 'denied' && this.hasLine())) this.log(decision, caller, source, head);
    return dryRun ? undefined : refusalOfDenial(decision.cause);
  }

  private hasLine(): boolean {
    if (this.lines.take(this.dependencies.now())) return true;
    this.dependencies.onLimit('auditLines');
    return false;
  }

  private log(decision: Decision, { caller, address }: Caller, source: Buffer, head: RequestHead): void {
    const { listener, config: { dryRun } } = this;
    const { method, path, host } = VIEW.of(source, head);
    this.dependencies.onAudit()?.({
      listener, caller, client: address, method: textOf(method), path: textOf(path), host: textOf(host),
      decision: decision.allowed ? 'allowed' : dryRun ? 'would_deny' : 'denied',
      ...(decision.allowed ? { rule: decision.name } : { cause: decision.cause }),
    });
  }
}

function textOf({ bytes, start, end }: ByteRange): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1');
}
