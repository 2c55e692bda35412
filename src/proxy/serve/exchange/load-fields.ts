/**
 * The fields of load reports on their way through this proxy.
 *
 * Reports are given to who asks. A proxy whose clusters go by them asks with each request, by 36 bytes that never change;
 * the one beside the app answers each connection with each report once, which is at most one in 250 ms. So nobody pays who
 * doesn't balance by reports, and who does pays by time and not by request. What the app says of itself by the same field is
 * passed on in its place. A server of gRPC says it in trailers, long after the head: while its reports come there, the proxy makes none.
 *
 * The outbound side keeps the fields to itself. The app sees one address behind which there is nothing to balance; and an app
 * that passes on what it gets, as one at the edge may, would show the world the load of others, or report it as its own.
 */
import type { Clock } from '../../runtime/clock';
import { Kind } from '../../http1/fields';
import type { ResponseHead } from '../../http1/response-head';
import type { ContainerCpu } from '../../load-reports/container-cpu';
import type { Cluster } from '../../cluster/cluster';
import type { Endpoint } from '../../cluster/endpoint';
import { LoadReporter } from '../../load-reports/load-reporter';
import { ServedLoad } from '../../load-reports/served-load';
import { reportLine, withoutReports } from '../../load-reports/trailer-report';

const EMPTY = Buffer.alloc(0);

/** So long after a report of the app in trailers, the proxy makes none of its own. */
export const APP_REPORTS_MS = 10_000;

/** The load of the app behind an inbound listener. */
export class InboundLoad {
  readonly served = new ServedLoad();
  readonly reporter: LoadReporter;
  /** When the app last reported in trailers; monotonic milliseconds. */
  appReportedAt = -Infinity;

  constructor(cpu: Pick<ContainerCpu, 'utilization'>, now: number) {
    this.reporter = new LoadReporter(this.served, cpu, now);
  }
}

/** The reports that one client connection was sent. */
export class ReportsSent {
  private last: Buffer | undefined;

  /** What to add to a response: the report, unless this connection has had it. */
  next({ reporter, appReportedAt }: InboundLoad, now: number): Buffer {
    if (now - appReportedAt < APP_REPORTS_MS) return EMPTY;
    const line = reporter.fieldLine(now);
    if (line === undefined || line === this.last) return EMPTY;
    this.last = line;
    return line;
  }
}

/** Where a response is from. */
interface ResponseOrigin {
  readonly cluster: Cluster | undefined;
  readonly endpoint: Endpoint | undefined;
}

/** Takes reports out of the head of a response. */
export function removeReports({ fields }: ResponseHead): void {
  fields.remove(Kind.LOAD_METRICS);
  fields.remove(Kind.LOAD_METRICS_BIN);
}

/**
 * What is passed on of trailers. The outbound side reads the report in them, and takes it out.
 *
 * @param load of an inbound listener
 */
export function passedTrailers(
  trailers: Buffer, load: InboundLoad | undefined, from: ResponseOrigin, clock: Clock,
): Buffer | undefined {
  const line = reportLine(trailers);
  if (line < 0) return trailers;
  if (load) {
    load.appReportedAt = clock.now();
    return trailers;
  }
  from.cluster!.readTrailingReport(from.endpoint!, trailers, line);
  return withoutReports(trailers, line);
}
