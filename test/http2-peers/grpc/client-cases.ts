/** The cases of gRPC's interoperability suite that need no cloud, by the client of @grpc/grpc-js. */
import * as grpc from '@grpc/grpc-js';
import { CallEnd, ended } from '../../support/grpc';
import { aggregatedSize, payloadSize, simpleRequest, streamingInputRequest, streamingOutputRequest } from './messages';

const SERVICE = '/grpc.testing.TestService';
const EMPTY = Buffer.alloc(0);
const asIs = (bytes: Buffer): Buffer => bytes;
const { status } = grpc;

const LARGE = { request: 271_828, response: 314_159 };
const UP = [27_182, 8, 1_828, 45_904];
const DOWN = [31_415, 9, 2_653, 58_979];
const SPECIAL = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';

/** Calls of one client. Messages of responses come as bytes. */
export class InteropClient {
  private readonly client: grpc.Client;

  constructor(cleanups: (() => unknown)[], port: number) {
    this.client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), { 'grpc.default_authority': 'catalog' });
    cleanups.push(() => this.client.close());
  }

  down(path: string, message: Buffer, metadata = new grpc.Metadata()): grpc.ClientReadableStream<Buffer> {
    return this.client.makeServerStreamRequest(path, asIs, asIs, message, metadata);
  }

  both(method: string, options: grpc.CallOptions = {}, metadata = new grpc.Metadata()): Duplex {
    return this.client.makeBidiStreamRequest(`${SERVICE}/${method}`, asIs, asIs, metadata, options);
  }

  /** A call of one message, with all that came back. */
  async ask(method: string, message: Buffer, metadata = new grpc.Metadata()): Promise<Answer> {
    return collect(this.down(method.startsWith('/') ? method : `${SERVICE}/${method}`, message, metadata));
  }
}

type Duplex = grpc.ClientDuplexStream<Buffer, Buffer>;
type Answer = CallEnd & { readonly received: readonly Buffer[] };

async function collect(call: grpc.ClientReadableStream<Buffer> | Duplex): Promise<Answer> {
  const received: Buffer[] = [];
  call.on('data', (bytes: Buffer) => received.push(bytes));
  return { ...await ended(call), received };
}

const next = (call: Duplex): Promise<Buffer> => new Promise((resolve) => { call.once('data', resolve); });

function metadataOfTest(): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set('x-grpc-test-echo-initial', 'test_initial_metadata_value');
  metadata.set('x-grpc-test-echo-trailing-bin', Buffer.from([0xab, 0xab, 0xab]));
  return metadata;
}

function expectMetadata({ code, head, trailers }: Answer): void {
  expect(code).toBe(status.OK);
  expect(head!.get('x-grpc-test-echo-initial')).toEqual(['test_initial_metadata_value']);
  expect(trailers.get('x-grpc-test-echo-trailing-bin')).toEqual([Buffer.from([0xab, 0xab, 0xab])]);
}

/** A stream of one request, which the client then ends. */
async function once(client: InteropClient, message: Buffer, metadata?: grpc.Metadata): Promise<Answer> {
  const call = client.both('FullDuplexCall', {}, metadata);
  const answer = collect(call);
  call.write(message);
  call.end();
  return answer;
}

export const CLIENT_CASES: Readonly<Record<string, (client: InteropClient) => Promise<void>>> = {
  async empty_unary(client) {
    expect(await client.ask('EmptyCall', EMPTY)).toMatchObject({ code: status.OK, received: [EMPTY] });
  },
  async large_unary(client) {
    const { code, received } = await client.ask('UnaryCall', simpleRequest({ bytes: LARGE.request, sizes: [LARGE.response] }));
    expect([code, received.map(payloadSize)]).toEqual([status.OK, [LARGE.response]]);
  },
  async client_streaming(client) {
    const call = client.both('StreamingInputCall');
    const answer = collect(call);
    for (const bytes of UP) call.write(streamingInputRequest(bytes));
    call.end();
    const { code, received } = await answer;
    expect([code, received.map(aggregatedSize)]).toEqual([status.OK, [74_922]]);
  },
  async server_streaming(client) {
    const { code, received } = await client.ask('StreamingOutputCall', streamingOutputRequest({ sizes: DOWN }));
    expect([code, received.map(payloadSize)]).toEqual([status.OK, DOWN]);
  },
  async ping_pong(client) {
    const call = client.both('FullDuplexCall');
    const answer = collect(call);
    for (const [i, size] of DOWN.entries()) {
      const message = next(call);
      call.write(streamingOutputRequest({ bytes: UP[i], sizes: [size] }));
      expect(payloadSize(await message)).toBe(size);
    }
    call.end();
    expect((await answer).code).toBe(status.OK);
  },
  async empty_stream(client) {
    const call = client.both('FullDuplexCall');
    call.end();
    expect(await collect(call)).toMatchObject({ code: status.OK, received: [] });
  },
  async cancel_after_begin(client) {
    const call = client.both('StreamingInputCall');
    const answer = collect(call);
    call.cancel();
    expect((await answer).code).toBe(status.CANCELLED);
  },
  async cancel_after_first_response(client) {
    const call = client.both('FullDuplexCall');
    const answer = collect(call);
    const first = next(call);
    call.write(streamingOutputRequest({ bytes: UP[0], sizes: [DOWN[0]!] }));
    await first;
    call.cancel();
    expect((await answer).code).toBe(status.CANCELLED);
  },
  async timeout_on_sleeping_server(client) {
    const call = client.both('FullDuplexCall', { deadline: Date.now() + 1 });
    const answer = collect(call);
    call.on('error', () => {});
    call.write(streamingOutputRequest({ bytes: UP[0], sizes: [DOWN[0]!] }));
    expect((await answer).code).toBe(status.DEADLINE_EXCEEDED);
  },
  async custom_metadata(client) {
    expectMetadata(await client.ask('UnaryCall', simpleRequest({ bytes: LARGE.request, sizes: [LARGE.response] }), metadataOfTest()));
    expectMetadata(await once(client, streamingOutputRequest({ bytes: LARGE.request, sizes: [LARGE.response] }), metadataOfTest()));
  },
  async status_code_and_message(client) {
    const wanted = [2, 'test status message'] as const;
    expect(await client.ask('UnaryCall', simpleRequest({ status: wanted }))).toMatchObject({ code: status.UNKNOWN, details: wanted[1] });
    expect(await once(client, streamingOutputRequest({ status: wanted }))).toMatchObject({ code: status.UNKNOWN, details: wanted[1] });
  },
  async special_status_message(client) {
    expect(await client.ask('UnaryCall', simpleRequest({ status: [2, SPECIAL] }))).toMatchObject({ code: status.UNKNOWN, details: SPECIAL });
  },
  async unimplemented_method(client) {
    expect((await client.ask('UnimplementedCall', EMPTY)).code).toBe(status.UNIMPLEMENTED);
  },
  async unimplemented_service(client) {
    expect((await client.ask('/grpc.testing.UnimplementedService/UnimplementedCall', EMPTY)).code).toBe(status.UNIMPLEMENTED);
  },
};
