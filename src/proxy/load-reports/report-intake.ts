/**
 * Takes the load reports of one cluster's endpoints out of their responses: reads them, lets the endpoint learn, counts what
 * became of them. What an endpoint can make this cost is bounded: one report in {@link READ_MS} is read of each, of at most
 * so many bytes; the others cost a comparison.
 */
import type { EndpointStats, ReportEffect } from '../../balancing';
import type { ResolvedCluster } from '../../contract';
import { Kind } from '../http1/fields';
import type { ResponseHead } from '../http1/response-head';
import { ReportFault, ReportReader } from './read-report';
import { isBinary, valueEnd, valueStart } from './trailer-report';

/** A report that comes sooner after another one of its endpoint is not read. */
export const READ_MS = 100;

export type ReportResult = ReportFault | ReportEffect;

/** An endpoint, as far as its reports go. */
export interface Reporting {
  readonly stats: EndpointStats;
  /** When a report of it was last read; monotonic milliseconds. */
  reportReadAt: number;
}

/** Whether anything about how a cluster is balanced goes by load reports. */
export function usesReports({ loadBalancing, dynamicWeights, zoneAware }: ResolvedCluster): boolean {
  return loadBalancing.type === 'clientSideWeightedRoundRobin' || dynamicWeights?.source === 'reports' || zoneAware !== undefined;
}

export class ReportIntake {
  private reader: ReportReader;

  constructor({ loadReports }: ResolvedCluster, private readonly count: (result: ReportResult) => void) {
    this.reader = new ReportReader(loadReports.utilizationMetrics);
  }

  reconfigure({ loadReports }: ResolvedCluster): void {
    this.reader = new ReportReader(loadReports.utilizationMetrics);
  }

  /** A response's head has come, in `buffer`. */
  take(endpoint: Reporting, buffer: Buffer, { fields }: ResponseHead, now: number): void {
    if (now - endpoint.reportReadAt < READ_MS) return;
    // Of several fields the first counts, as in Envoy.
    for (let i = 0; i < fields.count; i += 1) {
      const kind = fields.kinds[i];
      if (kind !== Kind.LOAD_METRICS && kind !== Kind.LOAD_METRICS_BIN) continue;
      this.read(endpoint, buffer, fields.valueStart(i), fields.valueEnd(i), kind === Kind.LOAD_METRICS_BIN, now);
      return;
    }
  }

  /** A response's trailers have come. @param line where the first report in them is */
  takeLine(endpoint: Reporting, trailers: Buffer, line: number, now: number): void {
    if (now - endpoint.reportReadAt < READ_MS) return;
    const start = valueStart(trailers, line);
    this.read(endpoint, trailers, start, valueEnd(trailers, start), isBinary(trailers, line), now);
  }

  private read(endpoint: Reporting, buffer: Buffer, start: number, end: number, binary: boolean, now: number): void {
    endpoint.reportReadAt = now;
    const fault = this.reader.read(buffer, start, end, binary);
    this.count(fault ?? endpoint.stats.report(this.reader, now));
  }
}
