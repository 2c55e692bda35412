/**
 * Attributes of spans: those of OpenTelemetry's HTTP conventions (https://opentelemetry.io/docs/specs/semconv/http/http-spans/), and what the
 * proxy knows besides, under names that begin with `mesh.`.
 */
import type { NodeIdentity } from '../../contract';
import type { ByteLine } from '../telemetry/byte-line';
import { KeptPieces } from '../telemetry/kept-pieces';
import type { TracedAttempt } from './exchange-trace';
import { Attribute, endCharacters, endEvent, writeEventHead } from './otlp';
import type { TracedPath, TracedRequest } from './traced-request';

const METHOD = new Attribute('http.request.method');
const ORIGINAL_METHOD = new Attribute('http.request.method_original');
const SCHEME = new Attribute('url.scheme');
const PATH = new Attribute('url.path');
const STATUS = new Attribute('http.response.status_code');
const ERROR = new Attribute('error.type');
const CLIENT = new Attribute('client.address');
const REQUEST_SIZE = new Attribute('http.request.body.size');
const RESPONSE_SIZE = new Attribute('http.response.body.size');
const RESENT = new Attribute('http.request.resend_count');
const LISTENER = new Attribute('mesh.listener');
const ROUTE = new Attribute('mesh.route');
const REASON = new Attribute('mesh.reason');
const ATTEMPTS = new Attribute('mesh.attempts');
const CLUSTER = new Attribute('mesh.cluster');
const ENDPOINT = new Attribute('mesh.endpoint');
const OUTCOME = new Attribute('mesh.outcome');
const RETRY = new Attribute('mesh.retry');
const HEDGE = new Attribute('mesh.hedge');

/** `url.full` of an endpoint, up to the path. */
const URL = new KeptPieces((endpoint) => `{"key":"url.full","value":{"stringValue":${JSON.stringify(`http://${endpoint}`).slice(0, -1)}`);

/** Who was asked, by address and port. */
const SERVER = new KeptPieces((endpoint) => {
  const colon = endpoint.lastIndexOf(':');
  const address = endpoint.charAt(0) === '[' ? endpoint.slice(1, colon - 1) : endpoint.slice(0, colon);
  const text = { stringValue: address };
  const port = { intValue: endpoint.slice(colon + 1) };
  return [['server.address', text], ['server.port', port], ['network.peer.address', text], ['network.peer.port', port]]
    .map(([key, value]) => `${JSON.stringify({ key, value })},`).join('');
});

/** Of the span of a request. @param originalMethod as it came, when that is none of the known ones */
export function writeRequestAttributes(
  line: ByteLine, request: TracedRequest, path: TracedPath, originalMethod: string | undefined, error: string | undefined, attempts: number,
): void {
  METHOD.name(line, request.method);
  ORIGINAL_METHOD.text(line, originalMethod);
  SCHEME.name(line, request.secure ? 'https' : 'http');
  PATH.bytes(line, path.bytes, path.start, path.end);
  STATUS.integer(line, request.status || undefined);
  ERROR.name(line, error);
  CLIENT.text(line, request.client);
  REQUEST_SIZE.integer(line, request.requestBytes);
  RESPONSE_SIZE.integer(line, request.responseBytes);
  LISTENER.name(line, request.listener);
  ROUTE.name(line, request.route);
  REASON.name(line, request.reason);
  ATTEMPTS.integer(line, attempts);
}

/** Of the span of an attempt. @param index among those of its request */
export function writeAttemptAttributes(
  line: ByteLine, attempt: TracedAttempt, index: number, method: string, path: TracedPath, error: string | undefined,
): void {
  const { endpoint, outcome, cluster, isHedge } = attempt;
  const status = typeof outcome === 'number' ? outcome : undefined;
  METHOD.name(line, method);
  if (path.start < path.end) {
    URL.write(line, endpoint);
    endCharacters(line, path.bytes, path.start, path.end);
  }
  SERVER.write(line, endpoint);
  STATUS.integer(line, status);
  ERROR.name(line, error);
  RESENT.integer(line, index > 0 ? index : undefined);
  CLUSTER.name(line, cluster);
  if (status === undefined) OUTCOME.name(line, String(outcome));
  if (isHedge) HEDGE.flag(line, true);
}

/** The event of an attempt in the span of its request. @param since when the monotonic clock was 0, in milliseconds since 1970 */
export function writeAttemptEvent(
  line: ByteLine, { cluster, endpoint, outcome, isHedge, startedAt }: TracedAttempt, index: number, since: number,
): void {
  writeEventHead(line, 'mesh.attempt', since + startedAt);
  CLUSTER.name(line, cluster);
  ENDPOINT.name(line, endpoint);
  OUTCOME.name(line, String(outcome));
  RETRY.flag(line, index > 0 && !isHedge);
  HEDGE.flag(line, isHedge);
  endEvent(line);
}

/** What all spans of a proxy say of it. @param pod its name; empty outside of one */
export function resourceOf({ service, namespace, version }: NodeIdentity, pod: string): Readonly<Record<string, string | undefined>> {
  const ofPod = pod === '' ? undefined : pod;
  return {
    'service.name': service,
    'service.namespace': namespace,
    'service.version': version,
    'service.instance.id': ofPod && `${namespace}.${pod}`,
    'k8s.pod.name': ofPod,
    'k8s.namespace.name': namespace,
  };
}
