/**
 * A SPIFFE agent for tests, by @grpc/grpc-js on a unix socket: it speaks the Workload API as SPIRE's does. Messages are written here by hand, apart
 * from the reader that is tested.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import type { Credentials } from '../../src/authority';

/** What an agent gives a workload. */
export interface GivenSvid {
  readonly id: string;
  readonly leaf: Credentials;
  /** PEM. */
  readonly bundle: string;
}

const asIs = (bytes: Buffer): Buffer => bytes;
const SERVICE = {
  FetchX509SVID: {
    path: '/SpiffeWorkloadAPI/FetchX509SVID', requestStream: false, responseStream: true,
    requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs,
  },
} as const;

type Call = grpc.ServerWritableStream<Buffer, Buffer>;

/** Message of a response, or the error that ends a call. */
type Given = Buffer | Partial<grpc.StatusObject>;

export class FakeAgent {
  /** Metadata of each call. */
  readonly calls: grpc.Metadata[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'mesh-agent-'));
  private readonly open = new Set<Call>();
  private server: grpc.Server | undefined;
  private given: Given = { code: grpc.status.PERMISSION_DENIED, details: 'no identity issued' };

  get socket(): string { return join(this.folder, 'spire-agent.sock'); }
  /** Calls that are under way. */
  get openCalls(): number { return this.open.size; }

  async start(): Promise<void> {
    const server = new grpc.Server();
    server.addService(SERVICE, { FetchX509SVID: (call: Call) => this.onCall(call) });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix:${this.socket}`, grpc.ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
    });
    this.server = server;
  }

  stop(): void {
    this.server?.forceShutdown();
    this.server = undefined;
    this.open.clear();
    rmSync(this.socket, { force: true });
  }

  remove(): void {
    this.stop();
    rmSync(this.folder, { recursive: true });
  }

  /** From now on, to calls that are under way, too. */
  give(...svids: GivenSvid[]): void {
    this.giveRaw(responseOf(svids));
  }

  /** The workload is not registered. */
  deny(): void {
    this.giveRaw({ code: grpc.status.PERMISSION_DENIED, details: 'no identity issued' });
  }

  giveRaw(given: Given): void {
    this.given = given;
    for (const call of [...this.open]) this.answer(call);
  }

  private onCall(call: Call): void {
    this.calls.push(call.metadata);
    this.open.add(call);
    call.on('cancelled', () => this.open.delete(call));
    call.on('error', () => {});
    if (call.metadata.get('workload.spiffe.io')[0] === 'true') this.answer(call);
    else this.end(call, { code: grpc.status.INVALID_ARGUMENT, details: 'security header missing from request' });
  }

  private answer(call: Call): void {
    if (Buffer.isBuffer(this.given)) call.write(this.given);
    else this.end(call, this.given);
  }

  private end(call: Call, status: Partial<grpc.StatusObject>): void {
    this.open.delete(call);
    call.emit('error', status);
  }
}

/** An `X509SVIDResponse`, with roots of a domain that is federated, and a list of revoked certificates. */
export function responseOf(svids: readonly GivenSvid[]): Buffer {
  const federated = field(3, Buffer.concat([field(1, Buffer.from('spiffe://elsewhere.example')), field(2, Buffer.from([0x30, 0]))]));
  return Buffer.concat([...svids.map((svid) => field(1, svidOf(svid))), field(2, Buffer.from([0x30, 0])), federated]);
}

function svidOf({ id, leaf, bundle }: GivenSvid): Buffer {
  const key = createPrivateKey(leaf.key).export({ type: 'pkcs8', format: 'der' });
  return Buffer.concat([field(1, Buffer.from(id)), field(2, dersOf(leaf.certificate)), field(3, key), field(4, dersOf(bundle)), field(5, Buffer.from('internal'))]);
}

function dersOf(pems: string): Buffer {
  return Buffer.concat((pems.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map((pem) => new X509Certificate(pem).raw));
}

/** A field that has a length. */
export function field(number: number, value: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = value.length; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) break;
  }
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length]), value]);
}
