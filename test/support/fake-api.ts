/** A Kubernetes API that answers when the test says so. */
import { ApiAccess, ApiFailure, StreamHandler } from '../../src/proxy/discovery/kubernetes-api';
import { Cancel } from '../../src/proxy/runtime/clock';

/** One request; the test plays the server's part. */
export class FakeRequest {
  cancelled = false;

  constructor(readonly path: string, private readonly handler: StreamHandler, readonly answerMs: number) {}

  get query(): URLSearchParams { return new URL(this.path, 'http://api').searchParams; }

  get isWatch(): boolean { return this.query.get('watch') === 'true'; }

  open(): this {
    this.handler.onOpen();
    return this;
  }

  data(text: string): this {
    if (!this.cancelled) this.handler.onData(Buffer.from(text));
    return this;
  }

  end(): void {
    if (!this.cancelled) this.handler.onEnd(undefined);
  }

  fail(failure: Partial<ApiFailure> = {}): void {
    if (!this.cancelled) this.handler.onEnd({ message: 'the connection broke', gone: false, ...failure });
  }

  /** Answers a list. */
  list(resourceVersion: string, items: readonly object[], more?: string): void {
    const metadata = { resourceVersion, ...(more === undefined ? {} : { continue: more }) };
    this.open().data(JSON.stringify({ kind: 'EndpointSliceList', apiVersion: 'discovery.k8s.io/v1', metadata, items })).end();
  }

  /** Sends an event of a watch. */
  event(type: string, object: object): this {
    return this.data(`${JSON.stringify({ type, object })}\n`);
  }

  cancel(): void {
    this.cancelled = true;
  }
}

export class FakeApi implements ApiAccess {
  readonly requests: FakeRequest[] = [];

  stream(path: string, handler: StreamHandler, answerMs: number): Cancel {
    const request = new FakeRequest(path, handler, answerMs);
    this.requests.push(request);
    return () => request.cancel();
  }

  /** The newest request. */
  get last(): FakeRequest {
    const request = this.requests.at(-1);
    if (!request) throw new Error('nothing was requested');
    return request;
  }
}

/** A slice of the Service `catalog` as the API would send it. */
export function sliceObject(name: string, addresses: readonly string[], more: Record<string, unknown> = {}): Record<string, unknown> {
  const { resourceVersion, ...rest } = more;
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name, namespace: 'shop', resourceVersion: resourceVersion ?? '1', labels: { 'kubernetes.io/service-name': 'catalog' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 15006, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: { kind: 'Pod', namespace: 'shop', name: `pod-${address}`, uid: `uid-${address}` },
    })),
    ...rest,
  };
}
