/** The server of gRPC's interoperability suite, by @grpc/grpc-js. */
import * as grpc from '@grpc/grpc-js';
import { bytesIn, decode, encode, Fields, numberIn, payload } from './messages';

const INITIAL = 'x-grpc-test-echo-initial';
const TRAILING = 'x-grpc-test-echo-trailing-bin';
const STATUS_FIELD = 7;

const asIs = (bytes: Buffer): Buffer => bytes;
const method = (name: string, requestStream: boolean, responseStream: boolean): grpc.MethodDefinition<Fields, Buffer> => ({
  path: `/grpc.testing.TestService/${name}`, requestStream, responseStream, requestDeserialize: decode, responseSerialize: asIs, responseDeserialize: asIs,
}) as never;

const SERVICE = {
  EmptyCall: method('EmptyCall', false, false),
  UnaryCall: method('UnaryCall', false, false),
  StreamingOutputCall: method('StreamingOutputCall', false, true),
  StreamingInputCall: method('StreamingInputCall', true, false),
  FullDuplexCall: method('FullDuplexCall', true, true),
} as unknown as grpc.ServiceDefinition;

interface AnyCall {
  readonly metadata: grpc.Metadata;
  sendMetadata(metadata: grpc.Metadata): void;
}

/** Sends back what the suite wants in the response's head; returns what it wants in the trailers. */
function echo(call: AnyCall): grpc.Metadata {
  const [head, trailers] = [new grpc.Metadata(), new grpc.Metadata()];
  for (const value of call.metadata.get(INITIAL)) head.add(INITIAL, value);
  for (const value of call.metadata.get(TRAILING)) trailers.add(TRAILING, value);
  call.sendMetadata(head);
  return trailers;
}

function statusIn(request: Fields): Pick<grpc.StatusObject, 'code' | 'details'> | undefined {
  if (!request.has(STATUS_FIELD)) return undefined;
  const said = decode(bytesIn(request, STATUS_FIELD));
  return { code: numberIn(said, 1), details: bytesIn(said, 2).toString() };
}

const response = (size: number): Buffer => encode([1, payload(size)]);

function stream(call: grpc.ServerWritableStream<Fields, Buffer> | grpc.ServerDuplexStream<Fields, Buffer>, request: Fields): void {
  for (const parameters of request.get(2) ?? []) call.write(response(numberIn(decode(parameters as Buffer), 1)));
}

/** Starts it; returns its port. */
export async function interopServer(cleanups: (() => unknown)[]): Promise<number> {
  const server = new grpc.Server();
  server.addService(SERVICE, {
    EmptyCall: (_: unknown, done: grpc.sendUnaryData<Buffer>) => done(null, Buffer.alloc(0)),
    UnaryCall: (call: grpc.ServerUnaryCall<Fields, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      const failure = statusIn(call.request);
      if (failure) done(failure);
      else done(null, response(numberIn(call.request, 2)), echo(call));
    },
    StreamingOutputCall: (call: grpc.ServerWritableStream<Fields, Buffer>) => {
      stream(call, call.request);
      call.end();
    },
    StreamingInputCall: (call: grpc.ServerReadableStream<Fields, Buffer>, done: grpc.sendUnaryData<Buffer>) => {
      let sum = 0;
      call.on('data', (request: Fields) => { sum += bytesIn(decode(bytesIn(request, 1)), 2).length; }).on('end', () => done(null, encode([1, sum])));
    },
    FullDuplexCall: (call: grpc.ServerDuplexStream<Fields, Buffer>) => {
      const trailers = echo(call);
      call.on('data', (request: Fields) => {
        const failure = statusIn(request);
        if (failure) call.emit('error', failure);
        else stream(call, request);
      }).on('end', () => call.end(trailers));
    },
  } as unknown as grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  cleanups.push(() => server.forceShutdown());
  return port;
}
