/**
 * A collector that takes traces by OTLP over HTTP as JSON, strictly: what is not in the published form (opentelemetry-proto,
 * trace/v1/trace.proto and its JSON mapping) is answered with 400 and kept as a fault. Written from those, independently of the code that
 * writes spans.
 */
import { createServer, IncomingMessage, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { eventually } from './eventually';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly error: boolean;
  readonly attributes: Record<string, string | number | boolean>;
  readonly events: { name: string; attributes: Record<string, string | number | boolean> }[];
  readonly resource: Record<string, string | number | boolean>;
}

type Json = Record<string, unknown>;

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly faults: string[] = [];
  requests = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', (request: IncomingMessage, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => {
        const fault = receiver.take(request, body);
        if (fault !== undefined) receiver.faults.push(fault);
        response.writeHead(fault === undefined ? 200 : 400, { 'content-type': 'application/json' });
        response.end(fault === undefined ? '{"partialSuccess":{}}' : JSON.stringify({ code: 3, message: fault }));
      });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return receiver;
  }

  get endpoint(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`; }

  /** The spans of one trace, when there are so many. */
  async trace(traceId: string, spans: number): Promise<ReceivedSpan[]> {
    const found = (): ReceivedSpan[] => this.spans.filter((span) => span.traceId === traceId);
    return eventually(`${spans} spans of ${traceId}; got ${this.spans.length}, ${this.faults.join('; ')}`, () => found().length >= spans && found());
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private take(request: IncomingMessage, body: string): string | undefined {
    this.requests += 1;
    try {
      if (request.method !== 'POST' || request.url !== '/v1/traces') throw new Error(`${request.method} ${request.url}`);
      if (request.headers['content-type'] !== 'application/json') throw new Error(`content-type ${request.headers['content-type']}`);
      const whole = members(JSON.parse(body), { resourceSpans: isList });
      const taken: ReceivedSpan[] = [];
      for (const each of whole.resourceSpans as unknown[]) {
        const { resource, scopeSpans } = members(each, { resource: isObject, scopeSpans: isList });
        const described = attributesOf(members(resource, { attributes: isList }).attributes);
        if (typeof described['service.name'] !== 'string') throw new Error('a resource without service.name');
        for (const group of scopeSpans as unknown[]) {
          const { scope, spans } = members(group, { scope: isObject, spans: isList });
          members(scope, { name: isText });
          taken.push(...(spans as unknown[]).map((span) => spanOf(span, described)));
        }
      }
      this.spans.push(...taken);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }
}

function spanOf(value: unknown, resource: ReceivedSpan['resource']): ReceivedSpan {
  const span = members(value, {
    traceId: isHex(32), spanId: isHex(16), name: isText, kind: isNumber, startTimeUnixNano: isFixed64, endTimeUnixNano: isFixed64,
    attributes: isList, flags: isNumber,
  }, { parentSpanId: isHex(16), events: isList, status: isObject });
  const { code } = members(span.status ?? {}, {}, { code: isNumber, message: isText });
  const [start, end] = [BigInt(span.startTimeUnixNano as string), BigInt(span.endTimeUnixNano as string)];
  if (end < start) throw new Error('a span that ends before it begins');
  if ((span.kind as number) < 1 || (span.kind as number) > 5) throw new Error(`kind ${String(span.kind)}`);
  return {
    traceId: span.traceId as string, spanId: span.spanId as string, parentSpanId: span.parentSpanId as string | undefined,
    flags: span.flags as number, name: span.name as string, kind: span.kind as number, start, end, error: code === 2,
    attributes: attributesOf(span.attributes), resource,
    events: ((span.events ?? []) as unknown[]).map((event) => {
      const read = members(event, { timeUnixNano: isFixed64, name: isText, attributes: isList });
      return { name: read.name as string, attributes: attributesOf(read.attributes) };
    }),
  };
}

function attributesOf(list: unknown): Record<string, string | number | boolean> {
  const attributes: Record<string, string | number | boolean> = {};
  for (const each of list as unknown[]) {
    const { key, value } = members(each, { key: isText, value: isObject });
    if ((key as string) in attributes) throw new Error(`attribute ${String(key)} twice`);
    const [[type, content], ...more] = Object.entries(value as Json);
    const read = { stringValue: isText, boolValue: (one: unknown) => typeof one === 'boolean', intValue: isInt64, doubleValue: isNumber }[type];
    if (!read?.(content) || more.length > 0) throw new Error(`value ${JSON.stringify(value)}`);
    attributes[key as string] = type === 'intValue' ? Number(content) : content as string;
  }
  return attributes;
}

type Check = (value: unknown) => boolean;

const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isList: Check = Array.isArray;
const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isFixed64: Check = (value) => typeof value === 'string' && /^[1-9][0-9]{0,19}$/.test(value);
const isInt64: Check = (value) => typeof value === 'string' && /^(0|-?[1-9][0-9]{0,18})$/.test(value);
const isHex = (digits: number): Check => (value) => (
  typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value) && !/^0+$/.test(value)
);

/** The members of an object, which has those that are needed and no unknown ones. */
function members(value: unknown, needed: Record<string, Check>, allowed: Record<string, Check> = {}): Json {
  if (!isObject(value)) throw new Error(`${JSON.stringify(value)} is no object`);
  const object = value as Json;
  for (const name of Object.keys(needed)) if (!(name in object)) throw new Error(`no ${name} in ${JSON.stringify(value).slice(0, 200)}`);
  for (const [name, content] of Object.entries(object)) {
    const check = needed[name] ?? allowed[name];
    if (!check?.(content)) throw new Error(`${name}: ${JSON.stringify(content).slice(0, 200)}`);
  }
  return object;
}
