/** A gRPC service and its clients by @grpc/grpc-js. Messages are bytes, so no schema is needed. */
import * as grpc from '@grpc/grpc-js';

const asIs = (bytes: Buffer): Buffer => bytes;
const method = (name: string, requestStream: boolean, responseStream: boolean): grpc.MethodDefinition<Buffer, Buffer> => ({
  path: `/mesh.test.Echo/${name}`, requestStream, responseStream, requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
});

const ECHO = {
  Once: method('Once', false, false),
  Down: method('Down', false, true),
  Up: method('Up', true, false),
  Both: method('Both', true, true),
} as const;

export interface EchoHandlers {
  readonly Once?: grpc.handleUnaryCall<Buffer, Buffer>;
  readonly Down?: grpc.handleServerStreamingCall<Buffer, Buffer>;
  readonly Up?: grpc.handleClientStreamingCall<Buffer, Buffer>;
  readonly Both?: grpc.handleBidiStreamingCall<Buffer, Buffer>;
}

export interface EchoServer {
  readonly port: number;
  readonly server: grpc.Server;
}

/** Methods without a handler give back what they get. */
export async function echoServer(cleanups: (() => unknown)[], handlers: EchoHandlers = {}, options: grpc.ServerOptions = {}): Promise<EchoServer> {
  const server = new grpc.Server(options);
  server.addService(ECHO, {
    Once: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => done(null, call.request),
    Down: (call: grpc.ServerWritableStream<Buffer, Buffer>) => { call.write(call.request); call.end(); },
    Up: (call: grpc.ServerReadableStream<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      const got: Buffer[] = [];
      call.on('data', (bytes: Buffer) => got.push(bytes)).on('end', () => done(null, Buffer.concat(got)));
    },
    Both: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => { call.on('data', (bytes: Buffer) => call.write(bytes)).on('end', () => call.end()); },
    ...handlers,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  cleanups.push(() => server.forceShutdown());
  return { port, server };
}

/** How a call ended, with what came before. */
export interface CallEnd {
  readonly code: grpc.status;
  readonly details: string;
  readonly messages: readonly string[];
  /** Of the response's head, and of its end. */
  readonly head: grpc.Metadata | undefined;
  readonly trailers: grpc.Metadata;
}

export interface CallOptions {
  readonly metadata?: Record<string, string>;
  readonly deadlineMs?: number;
}

type AnyCall = grpc.ClientReadableStream<Buffer> | grpc.ClientDuplexStream<Buffer, Buffer>;

export class EchoClient {
  private readonly client: grpc.Client;

  constructor(cleanups: (() => unknown)[], port: number) {
    this.client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      'grpc.default_authority': 'catalog', 'grpc.enable_retries': 0,
    });
    cleanups.push(() => this.client.close());
  }

  /** A call of one message, whose response may be a stream. */
  once(message: string, options: CallOptions = {}, name: 'Once' | 'Down' = 'Once'): Promise<CallEnd> {
    return ended(this.down(message, options, name));
  }

  /** The same while it lasts. */
  down(message: string, options: CallOptions = {}, name: 'Once' | 'Down' = 'Down'): grpc.ClientReadableStream<Buffer> {
    return this.client.makeServerStreamRequest(ECHO[name].path, asIs, asIs, Buffer.from(message), ...settings(options));
  }

  both(options: CallOptions = {}, name: 'Both' | 'Up' = 'Both'): grpc.ClientDuplexStream<Buffer, Buffer> {
    return this.client.makeBidiStreamRequest(ECHO[name].path, asIs, asIs, ...settings(options));
  }
}

function settings({ metadata = {}, deadlineMs }: CallOptions): [grpc.Metadata, grpc.CallOptions] {
  const fields = new grpc.Metadata();
  for (const [name, value] of Object.entries(metadata)) fields.set(name, value);
  return [fields, deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs }];
}

/** Resolves when the call is over, however it ends. */
export function ended(call: AnyCall): Promise<CallEnd> {
  return new Promise((resolve) => {
    const messages: string[] = [];
    let head: grpc.Metadata | undefined;
    call.on('metadata', (fields: grpc.Metadata) => { head = fields; });
    call.on('data', (bytes: Buffer) => { messages.push(bytes.toString()); });
    call.on('error', () => {});
    call.on('status', ({ code, details, metadata }: grpc.StatusObject) => resolve({ code, details, messages, head, trailers: metadata }));
  });
}
