/**
 * Asks the authority of a listener about requests, by the clusters of the document as any request is sent. Whatever keeps it from an answer
 * refuses the request, unless the configuration says otherwise by name. A request that waits is held by its exchange, so their number is bounded.
 */
import { DEFAULT_RETRY, DEFAULT_ROUTE, type PathConfig, type ResolvedExternalAuthorization, type ResolvedRoute } from '../../../contract';
import type { RequestHead } from '../../http1/request-head';
import { Marks, type ViaFields } from '../../http1/serialize';
import type { AskFailure, ExternalAuthorizationInstruments } from '../../telemetry/external-authorization-instruments';
import { ExemptPaths } from '../admission/exempt-paths';
import type { ServeContext } from '../context';
import type { Route } from '../route/route';
import { AnswerReader } from './answer';
import { Asking, AuthorityCall, Decision } from './authority-call';
import { Question } from './question';
import type { AskedRequest, Pending, RequestAuthority, Verdict } from './request-authority';

const NO_LINES = Buffer.alloc(0);

/** How many wait. A reload goes on with the number. */
export interface Waiting { count: number }

/** What it needs of the proxy. */
export interface ExternalDependencies {
  readonly context: ServeContext;
  readonly instruments: ExternalAuthorizationInstruments;
  routeOf(config: ResolvedRoute): Route;
}

export class ExternalAuthorizer implements RequestAuthority {
  private readonly question: Question;
  private readonly reader: AnswerReader;
  private readonly exempt: ExemptPaths;
  private readonly asking: Asking;
  private readonly instruments: ExternalAuthorizationInstruments;

  /**
   * @param config  has passed the checks of a document
   * @param path    how paths of requests are normalised
   * @param waiting those of the one before
   */
  constructor(
    private readonly config: ResolvedExternalAuthorization, path: PathConfig | undefined, { context, instruments, routeOf }: ExternalDependencies,
    readonly waiting: Waiting,
  ) {
    const { split, timeoutMs, exemptPaths, maxResponseBytes } = config;
    this.question = new Question(config);
    this.reader = new AnswerReader(config);
    this.exempt = new ExemptPaths(exemptPaths, path);
    this.instruments = instruments;
    this.asking = {
      context,
      reader: this.reader,
      route: routeOf({ ...DEFAULT_ROUTE, name: 'externalAuthorization', split, fallback: [], mirror: [], retry: DEFAULT_RETRY, timeoutMs }),
      timeout: context.exactly(timeoutMs),
      maxResponseBytes,
    };
  }

  clean(source: Buffer, { fields }: Pick<RequestHead, 'fields'>): void {
    this.reader.clean(source, fields);
  }

  exempts(head: RequestHead): boolean {
    return this.exempt.includes(head);
  }

  ask(asked: AskedRequest, via: ViaFields, onVerdict: (verdict: Verdict) => void): Pending | Verdict {
    const { asking, asking: { context, route }, config, waiting, instruments } = this;
    if (waiting.count >= config.maxPendingRequests) {
      context.instruments.limitReached('externalAuthorization.maxPendingRequests');
      return this.failed('limit', 'too many requests wait for an answer of the authority');
    }
    const question = this.question.about(asked);
    if (!question) return this.failed('bad_request', 'the authority can\'t be asked about such a request');
    const startedAt = context.clock.now();
    const leave = (): void => {
      waiting.count -= 1;
      instruments.pending(-1);
      instruments.waited((context.clock.now() - startedAt) / 1_000);
    };
    const call = new AuthorityCall(asking, (decision) => {
      leave();
      onVerdict(this.verdictOf(decision));
    });
    const marks = (route.meshFields ? Marks.MESH_VIA : Marks.NONE) | (context.via ? Marks.VIA : Marks.NONE);
    waiting.count += 1;
    instruments.pending(1);
    const known = call.begin(question, { via, marks, offersUpgrade: false, added: NO_LINES });
    if (known) {
      leave();
      return this.verdictOf(known);
    }
    return {
      get heldBytes() { return call.heldBytes; },
      cancel: () => {
        leave();
        call.cancel();
      },
    };
  }

  private verdictOf(decision: Decision): Verdict {
    if (decision.kind === 'failed') return this.failed(decision.cause, decision.detail);
    this.instruments.answered(decision.kind);
    return decision;
  }

  private failed(cause: AskFailure, detail: string): Verdict {
    const { failureModeAllow, statusOnError } = this.config;
    this.instruments.failed(cause, failureModeAllow);
    return failureModeAllow ? { lines: NO_LINES } : { refusal: { code: 'ext_authz_failed', detail, status: statusOnError } };
  }
}
