/**
 * Attributes of spans: those of OpenTelemetry's HTTP conventions (https://opentelemetry.io/docs/specs/semconv/http/http-spans/), and what the
 * proxy knows besides, under names that begin with `mesh.`.
 */
import type { NodeIdentity } from '../../contract';
import type { TracedAttempt } from './exchange-trace';
import { Attribute, eventText } from './otlp';
import type { TracedRequest } from './traced-request';

const METHOD = new Attribute('http.request.method');
const ORIGINAL_METHOD = new Attribute('http.request.method_original');
const SCHEME = new Attribute('url.scheme');
const PATH = new Attribute('url.path');
const URL = new Attribute('url.full');
const STATUS = new Attribute('http.response.status_code');
const ERROR = new Attribute('error.type');
const CLIENT = new Attribute('client.address');
const REQUEST_SIZE = new Attribute('http.request.body.size');
const RESPONSE_SIZE = new Attribute('http.response.body.size');
const RESENT = new Attribute('http.request.resend_count');
const SERVER = new Attribute('server.address');
const SERVER_PORT = new Attribute('server.port');
const PEER = new Attribute('network.peer.address');
const PEER_PORT = new Attribute('network.peer.port');
const LISTENER = new Attribute('mesh.listener');
const ROUTE = new Attribute('mesh.route');
const REASON = new Attribute('mesh.reason');
const ATTEMPTS = new Attribute('mesh.attempts');
const CLUSTER = new Attribute('mesh.cluster');
const ENDPOINT = new Attribute('mesh.endpoint');
const OUTCOME = new Attribute('mesh.outcome');
const RETRY = new Attribute('mesh.retry');
const HEDGE = new Attribute('mesh.hedge');

/** Of the span of a request. @param originalMethod as it came, when that is none of the known ones */
export function requestAttributes(
  request: TracedRequest, path: string, originalMethod: string | undefined, error: string | undefined, attempts: number,
): string {
  return METHOD.text(request.method) + ORIGINAL_METHOD.text(originalMethod) + SCHEME.text(request.secure ? 'https' : 'http')
    + PATH.text(path === '' ? undefined : path) + STATUS.integer(request.status || undefined) + ERROR.text(error) + CLIENT.text(request.client)
    + REQUEST_SIZE.integer(request.requestBytes) + RESPONSE_SIZE.integer(request.responseBytes)
    + LISTENER.text(request.listener) + ROUTE.text(request.route) + REASON.text(request.reason) + ATTEMPTS.integer(attempts);
}

/** Of the span of an attempt. @param index among those of its request */
export function attemptAttributes(attempt: TracedAttempt, index: number, method: string, path: string, error: string | undefined): string {
  const { endpoint, outcome, cluster, isHedge } = attempt;
  const colon = endpoint.lastIndexOf(':');
  const address = endpoint.charAt(0) === '[' ? endpoint.slice(1, colon - 1) : endpoint.slice(0, colon);
  const port = Number(endpoint.slice(colon + 1));
  const status = typeof outcome === 'number' ? outcome : undefined;
  return METHOD.text(method) + URL.text(path === '' ? undefined : `http://${endpoint}${path}`) + SERVER.text(address) + SERVER_PORT.integer(port)
    + PEER.text(address) + PEER_PORT.integer(port) + STATUS.integer(status) + ERROR.text(error) + RESENT.integer(index > 0 ? index : undefined)
    + CLUSTER.text(cluster) + OUTCOME.text(status === undefined ? String(outcome) : undefined) + HEDGE.flag(isHedge || undefined);
}

/** The event of an attempt in the span of its request. @param since when the monotonic clock was 0, in milliseconds since 1970 */
export function attemptEvent({ cluster, endpoint, outcome, isHedge, startedAt }: TracedAttempt, index: number, since: number): string {
  return eventText('mesh.attempt', since + startedAt, CLUSTER.text(cluster) + ENDPOINT.text(endpoint) + OUTCOME.text(String(outcome))
    + RETRY.flag(index > 0 && !isHedge) + HEDGE.flag(isHedge));
}

/** What all spans of a proxy say of it. @param pod its name; empty outside of one */
export function resourceOf({ service, namespace, version }: NodeIdentity, pod: string): string {
  const ofPod = pod === '' ? undefined : pod;
  return new Attribute('service.name').text(service) + new Attribute('service.namespace').text(namespace) + new Attribute('service.version').text(version)
    + new Attribute('service.instance.id').text(ofPod && `${namespace}.${pod}`) + new Attribute('k8s.pod.name').text(ofPod)
    + new Attribute('k8s.namespace.name').text(namespace);
}
