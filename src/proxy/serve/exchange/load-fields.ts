/**
 * The two fields of load reports on their way through this proxy.
 *
 * Reports are given to who asks. A proxy whose clusters go by them asks with each request, by 36 bytes that never change;
 * the one beside the app answers each connection with each report once, which is at most one in 250 ms. So nobody pays who
 * doesn't balance by reports, and who does pays by time and not by request. What the app says of itself by the same field is
 * passed on in its place.
 *
 * The outbound side keeps both fields to itself. The app sees one address behind which there is nothing to balance; and an app
 * that passes on what it gets, as one at the edge may, would show the world the load of others, or report it as its own.
 */
import type { ContainerCpu } from '../../load-reports/container-cpu';
import { LoadReporter } from '../../load-reports/load-reporter';
import { ServedLoad } from '../../load-reports/served-load';

const EMPTY = Buffer.alloc(0);

/** The load of the app behind an inbound listener. */
export class InboundLoad {
  readonly served = new ServedLoad();
  readonly reporter: LoadReporter;

  constructor(cpu: Pick<ContainerCpu, 'utilization'>, now: number) {
    this.reporter = new LoadReporter(this.served, cpu, now);
  }
}

/** The reports that one client connection was sent. */
export class ReportsSent {
  private last: Buffer | undefined;

  /** What to add to a response: the report, unless this connection has had it. */
  next({ reporter }: InboundLoad, now: number): Buffer {
    const line = reporter.fieldLine(now);
    if (line === undefined || line === this.last) return EMPTY;
    this.last = line;
    return line;
  }
}
