/**
 * A DNS server on loopback that answers from a table (RFC 1035, UDP only): enough of the wire format for A, AAAA and SRV,
 * for answers that say there is nothing, for failures and for silence.
 */
import { createSocket, Socket } from 'node:dgram';
import { AddressInfo } from 'node:net';

export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string; readonly ttl: number }
  | { readonly type: 'SRV'; readonly target: string; readonly port: number; readonly priority: number; readonly weight: number; readonly ttl: number };

/** What is answered for a name and type; `silence` is no answer. */
export type DnsAnswer = readonly DnsRecord[] | 'NXDOMAIN' | 'SERVFAIL' | 'silence';

const TYPES = { A: 1, SRV: 33, AAAA: 28 } as const;
const RCODES = { NXDOMAIN: 3, SERVFAIL: 2 } as const;

export class FakeDns {
  /** Answers by `name type`. What is not in it has no data. */
  readonly answers = new Map<string, DnsAnswer>();
  /** Questions seen, as `name type`. */
  readonly questions: string[] = [];
  private readonly socket: Socket = createSocket('udp4');

  async listen(): Promise<void> {
    this.socket.on('message', (message, peer) => {
      const reply = this.reply(message);
      if (reply) this.socket.send(reply, peer.port, peer.address);
    });
    await new Promise<void>((resolve) => { this.socket.bind(0, '127.0.0.1', resolve); });
  }

  get server(): string { return `127.0.0.1:${(this.socket.address() as AddressInfo).port}`; }

  close(): Promise<void> {
    return new Promise((resolve) => { this.socket.close(() => resolve()); });
  }

  private reply(message: Buffer): Buffer | undefined {
    const labels: string[] = [];
    let position = 12;
    for (let length = message.readUInt8(position++); length > 0; length = message.readUInt8(position++)) {
      labels.push(message.toString('latin1', position, position + length));
      position += length;
    }
    const typeNumber = message.readUInt16BE(position);
    const type = Object.entries(TYPES).find(([, number]) => number === typeNumber)?.[0] ?? String(typeNumber);
    const question = `${labels.join('.')} ${type}`;
    this.questions.push(question);

    const answer = this.answers.get(question) ?? [];
    if (answer === 'silence') return undefined;
    const records = typeof answer === 'string' ? [] : answer;
    const header = Buffer.alloc(12);
    message.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8580 | (typeof answer === 'string' ? RCODES[answer] : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    return Buffer.concat([header, message.subarray(12, position + 4), ...records.map(encode)]);
  }
}

function encode(record: DnsRecord): Buffer {
  const data = record.type === 'SRV'
    ? Buffer.concat([numbers(record.priority, record.weight, record.port), encodeName(record.target)])
    : encodeAddress(record.address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(TYPES[record.type], 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(record.ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function numbers(...values: number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => buffer.writeUInt16BE(value, index * 2));
  return buffer;
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function encodeAddress(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const front = head.split(':').filter(Boolean);
  const back = tail.split(':').filter(Boolean);
  const groups = [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
  return numbers(...groups.map((group) => Number.parseInt(group, 16)));
}
