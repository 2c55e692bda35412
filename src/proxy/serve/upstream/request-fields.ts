/**
 * The fields that the proxy adds to requests besides those that say where they have been: what it asks of the callee's sidecar, and
 * what it tells it. Endpoints outside of the mesh get none of them.
 */
import type { Cluster } from '../../cluster/cluster';
import { timeoutField } from '../../grpc/call';
import { joined } from '../../http1/bytes';
import { FieldTable, Kind } from '../../http1/fields';
import { attemptField, deadlineField } from '../../http1/mesh-fields';
import type { RequestHead } from '../../http1/request-head';
import { Marks } from '../../http1/serialize';
import { leaveOutIdentity, trailersOf } from '../../http1/trailers';
import type { Clock } from '../../runtime/clock';
import type { Entry } from '../exchange/response-sink';
import type { RequestForm } from './replay-buffer';
import type { Route } from '../route/route';

const EMPTY = Buffer.alloc(0);
/** As many trailers as any limit allows. They are read and dealt with in one turn, so one instance is enough. */
const MAX_TRAILERS = 1_000;
const trailers = new FieldTable(MAX_TRAILERS);
const ASK_FOR_LOAD = Buffer.from('endpoint-load-metrics-format: text\r\n');

/** What is the same for each attempt of a request; a client connection has one and uses it again. */
export class RequestFields implements RequestForm {
  marks: Marks = Marks.NONE;
  offersUpgrade = false;
  added: Buffer = EMPTY;
  private route: Route | undefined;

  constructor(private readonly listener: Entry) {}

  get via(): RequestForm['via'] { return this.listener.via; }

  /**
   * @param source  what `head` was parsed from
   * @param addsVia requests get a Via
   * @param lines   further field lines, each with its CRLF
   */
  begin(source: Buffer, head: RequestHead, route: Route, addsVia: boolean, offersUpgrade: boolean, lines: Buffer): void {
    this.route = route;
    this.marks = (route.meshFields ? Marks.MESH_VIA : Marks.NONE) | (addsVia ? Marks.VIA : Marks.NONE);
    this.offersUpgrade = offersUpgrade;
    this.added = joined(this.listener.load ? EMPTY : askForLoad(head, route), lines);
    const { requestHeaders } = route;
    if (!requestHeaders) return;
    requestHeaders.leaveOut(source, head.fields);
    this.added = joined(requestHeaders.lines, this.added);
  }

  /**
   * The trailers of the request as they are passed on; undefined when none are left. What the route or the proxy says in the head, a client
   * can't say behind the body: some apps read both alike.
   */
  trailersOf(lines: Buffer): Buffer | undefined {
    if (trailers.scan(lines, 0, lines.length, MAX_TRAILERS)) return undefined;
    this.route?.requestHeaders?.leaveOut(lines, trailers);
    this.listener.authorizer?.leaveOutOwn(lines, { fields: trailers });
    this.listener.externalAuthorizer?.clean(lines, { fields: trailers });
    leaveOutIdentity(lines, trailers);
    return trailersOf(lines, trailers);
  }
}

/** A request that leaves asks for a load report when somebody goes by those; whether its app asks is the app's own business. */
function askForLoad(head: RequestHead, route: Route): Buffer {
  if (head.hasLoadFormat) head.fields.remove(Kind.LOAD_METRICS_FORMAT);
  return route.usesReports ? ASK_FOR_LOAD : EMPTY;
}

/** The sidecars of this cluster's endpoints are told of deadlines and attempts, and where the request has been. */
export function isMeshed(route: Route, cluster: Cluster): boolean {
  return route.meshFields && cluster.meshed;
}

/** What the lines of an attempt depend on. */
interface Attempted {
  /** Its number; 1 for the first. */
  readonly attempts: number;
  /** When the caller stops waiting, in monotonic milliseconds; Infinity when it waits for ever. */
  readonly deadlineAt: number;
  /** The same as the caller of a gRPC call says it. A route's timeout ends with the head of a response: an app that was told would end streams. */
  readonly callerWaitsUntil: number;
}

/**
 * The lines of one attempt.
 *
 * @param meshed it goes to a sidecar
 */
export function attemptLines({ attempts, deadlineAt, callerWaitsUntil }: Attempted, route: Route, meshed: boolean, clock: Pick<Clock, 'now'>): Buffer {
  const lines = meshed ? meshLines(route, attempts, deadlineAt - clock.now()) : EMPTY;
  return callerWaitsUntil === Infinity ? lines : joined(lines, Buffer.from(timeoutField(callerWaitsUntil - clock.now()), 'latin1'));
}

function meshLines(route: Route, number: number, leftMs: number): Buffer {
  // A sum of times is not exact, and the field has whole milliseconds.
  if (number === 1 && Math.round(leftMs) === route.timeout.milliseconds) return route.wholeDeadline;
  const deadline = leftMs === Infinity ? '' : deadlineField(leftMs);
  if (number === 1) return deadline === '' ? EMPTY : Buffer.from(deadline, 'latin1');
  return Buffer.from(deadline + attemptField(number), 'latin1');
}
