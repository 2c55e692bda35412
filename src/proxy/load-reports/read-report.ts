/**
 * Reads what an endpoint says of its load in the response field `endpoint-load-metrics`, the HTTP form of ORCA's report
 * (xds.data.orca.v3.OrcaLoadReport), out of the bytes of a head or of trailers:
 *
 *     endpoint-load-metrics: TEXT cpu_utilization=0.3, rps_fractional=10.0, eps=1, named_metrics.queue=0.4
 *     endpoint-load-metrics: JSON {"cpu_utilization": 0.3, "named_metrics": {"queue": 0.4}}
 *     endpoint-load-metrics-bin: CTMzMzMzM9M/
 *
 * The last one is the report as bytes of protocol buffers, which servers of gRPC send: orca-message.ts.
 *
 * The word TEXT may be missing; Envoy writes and reads `:` for `=`, so both are read. Of a text only the numbers that are
 * wanted become values; metrics that nobody asked for are passed over, so that new ones don't hurt.
 *
 * The sender is not trusted: a value longer than {@link MAX_REPORT_BYTES} is not looked at, and one that can't be understood
 * counts for nothing as a whole. Bounds of what the numbers may say are in balancing/endpoints/endpoint-stats.ts. Nothing throws.
 *
 * Utilization is, as in gRFC A58 and A114, the highest of the metrics that were configured; else `application_utilization`,
 * else `cpu_utilization`. A proxy of this mesh that does not know the capacity of its app tells its mean of requests in flight
 * instead (load-reporter.ts). Over requests per second that is the mean latency, so weights can be made of it; it is divided by
 * {@link NOMINAL_CONCURRENCY} first, which changes no weight but how much errors count beside load.
 */
import type { LoadReport } from '../../balancing';
import { COLON, COMMA, EQUALS, HTAB, SP } from '../http1/bytes';
import { IN_FLIGHT_METRIC } from './load-reporter';
import { decodeReport, Members } from './orca-message';

/** Longest report that is read: some dozens of metrics. */
export const MAX_REPORT_BYTES = 2_048;

/** Longest number; `%.17g` and the longest double in Java's form stay below. */
const MAX_NUMBER_BYTES = 32;

/** How many requests an app whose capacity is not known is taken to work on at a time. */
export const NOMINAL_CONCURRENCY = 16;

export type ReportFault = 'too_long' | 'malformed';

const BRACE = 0x7b;
const TEXT = Buffer.from('TEXT ');
const JSON_FORM = Buffer.from('JSON ');

const APPLICATION = 'application_utilization';
const CPU = 'cpu_utilization';
const RATE = 'rps_fractional';
/** Deprecated, and all that old senders have. */
const OLD_RATE = 'rps';
const ERRORS = 'eps';
const STANDARD = [APPLICATION, CPU, RATE, OLD_RATE, ERRORS, IN_FLIGHT_METRIC];

/** Reads the reports of one cluster. One object is used again and again: what was read last is in its fields. */
export class ReportReader implements LoadReport {
  utilization = 0;
  requestsPerSecond = 0;
  errorsPerSecond = 0;
  relative = false;
  /** Bytes of every metric's name that is wanted, in the order of {@link values}. */
  private readonly names: readonly Buffer[];
  private readonly values: Float64Array;

  /** @param utilizationMetrics names as in A114: `named_metrics.queue`, `mem_utilization`; none for the standard ones */
  constructor(private readonly utilizationMetrics: readonly string[] = []) {
    this.names = [...STANDARD, ...utilizationMetrics].map((name) => Buffer.from(name));
    this.values = new Float64Array(this.names.length);
  }

  /** Reads the report in `buffer[start, end)`, the value of a field `-bin` if it is binary. What it lacks is 0. */
  read(buffer: Buffer, start: number, end: number, binary = false): ReportFault | undefined {
    if (end - start > MAX_REPORT_BYTES) return 'too_long';
    this.values.fill(0);
    if (!(binary ? this.readMembers(decodeReport(buffer.toString('latin1', start, end))) : this.readForms(buffer, start, end))) return 'malformed';
    this.conclude();
    return undefined;
  }

  private readForms(buffer: Buffer, start: number, end: number): boolean {
    const json = startsWith(buffer, start, end, JSON_FORM);
    const from = json || startsWith(buffer, start, end, TEXT) ? start + TEXT.length : start;
    return json || buffer[from] === BRACE ? this.readJson(buffer.toString('utf8', from, end)) : this.readText(buffer, from, end);
  }

  /** Makes of the metrics what the balancer goes by. */
  private conclude(): void {
    const { values } = this;
    let utilization = 0;
    for (let i = STANDARD.length; i < values.length; i += 1) utilization = Math.max(utilization, values[i]!);
    if (utilization === 0) utilization = values[0]! > 0 ? values[0]! : values[1]!;
    this.relative = !(utilization > 0);
    this.utilization = this.relative ? Math.max(0, values[5]!) / NOMINAL_CONCURRENCY : utilization;
    this.requestsPerSecond = values[2]! > 0 ? values[2]! : values[3]!;
    this.errorsPerSecond = values[4]!;
  }

  private readText(buffer: Buffer, start: number, end: number): boolean {
    let position = start;
    while (position < end) {
      let stop = position;
      while (stop < end && buffer[stop] !== COMMA) stop += 1;
      if (!this.readMetric(buffer, position, stop)) return false;
      position = stop + 1;
    }
    return true;
  }

  /** One metric between commas; nothing at all is allowed, as in every list of HTTP. */
  private readMetric(buffer: Buffer, from: number, to: number): boolean {
    let start = from;
    let end = to;
    while (start < end && isSpace(buffer[start]!)) start += 1;
    while (end > start && isSpace(buffer[end - 1]!)) end -= 1;
    if (start === end) return true;
    let equals = start;
    while (equals < end && buffer[equals] !== EQUALS && buffer[equals] !== COLON) equals += 1;
    if (equals === end || equals === start) return false;
    for (let i = 0; i < this.names.length; i += 1) {
      const name = this.names[i]!;
      if (equals - start !== name.length || !startsWith(buffer, start, equals, name)) continue;
      const value = numberIn(buffer, equals + 1, end);
      if (Number.isNaN(value)) return false;
      this.values[i] = value;
    }
    return true;
  }

  private readJson(text: string): boolean {
    let report: unknown;
    try {
      report = JSON.parse(text);
    } catch {
      return false;
    }
    return this.readMembers(report);
  }

  private readMembers(report: unknown): boolean {
    if (typeof report !== 'object' || report === null || Array.isArray(report)) return false;
    return [...STANDARD, ...this.utilizationMetrics].every((name, index) => {
      const value = metricOf(report as Members, name);
      if (value === undefined) return true;
      if (typeof value !== 'number' || !Number.isFinite(value)) return false;
      this.values[index] = value;
      return true;
    });
  }
}

/** A metric of a report in JSON; those of a map are `map.key`. */
function metricOf(report: Members, name: string): unknown {
  const dot = name.indexOf('.');
  if (dot < 0) return memberOf(report, name);
  const map = memberOf(report, name.slice(0, dot));
  return typeof map === 'object' && map !== null ? own(map as Members, name.slice(dot + 1)) : undefined;
}

/** JSON of protocol buffers has names in either form, `cpu_utilization` or `cpuUtilization`. */
function memberOf(report: Members, name: string): unknown {
  return own(report, name) ?? own(report, name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()));
}

/** What every object has by birth is no metric. */
function own(members: Members, name: string): unknown {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function startsWith(buffer: Buffer, start: number, end: number, word: Buffer): boolean {
  if (end - start < word.length) return false;
  for (let i = 0; i < word.length; i += 1) if (buffer[start + i] !== word[i]) return false;
  return true;
}

function isSpace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** A decimal number; NaN for anything else, an infinite one included. */
function numberIn(buffer: Buffer, from: number, end: number): number {
  let start = from;
  while (start < end && isSpace(buffer[start]!)) start += 1;
  if (start === end || end - start > MAX_NUMBER_BYTES) return NaN;
  for (let i = start; i < end; i += 1) {
    const byte = buffer[i]!;
    const decimal = (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2d || byte === 0x2b || byte === 0x65 || byte === 0x45;
    if (!decimal) return NaN;
  }
  const value = Number(buffer.toString('latin1', start, end));
  return Number.isFinite(value) ? value : NaN;
}
