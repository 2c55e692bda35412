/**
 * An OpenTelemetry Collector, compiled from its modules: it takes spans by OTLP over HTTP, and exports what it understood of them, in its
 * own words, to an `OtlpReceiver`. The first time, compiling takes minutes.
 */
import { join } from 'node:path';
import { goPrograms, HOST, Program } from '../support/foreign-programs';
import { OtlpReceiver } from '../support/otlp-receiver';
import { freePort } from '../support/ports';

const BUILD_MS = 900_000;

const folder = (): string => goPrograms(join(__dirname, 'otelcol'));

/** Compiles it before the tests of a file, if that was not done yet. */
export function buildCollector(): void {
  beforeAll(() => { folder(); }, BUILD_MS);
}

export interface Collector {
  /** Where spans are sent. */
  readonly endpoint: string;
  /** What has come out of it. */
  readonly out: OtlpReceiver;
  /** What it says of itself and of its troubles. */
  readonly program: Program;
}

export async function startCollector(cleanups: (() => unknown)[]): Promise<Collector> {
  const out = await OtlpReceiver.start();
  cleanups.push(() => out.close());
  const port = await freePort();
  // JSON is YAML, too.
  const settings = JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: `${HOST}:${port}` } } } },
    exporters: { otlp_http: { endpoint: out.endpoint, encoding: 'json', compression: 'none', sending_queue: { enabled: false } } },
    service: { telemetry: { metrics: { level: 'none' } }, pipelines: { traces: { receivers: ['otlp'], exporters: ['otlp_http'] } } },
  });
  const program = new Program({ cleanups }, join(folder(), 'otel-collector'), ['--config', `yaml:${settings}`]);
  await program.says(/Everything is ready/);
  return { endpoint: `http://${HOST}:${port}`, out, program };
}
