/**
 * Reads requests and responses with the proxy's codec and nothing else, from bytes cut anywhere, and says what would be
 * passed on. It does without sockets, so that every message of the corpus can be cut at every byte.
 */
import { ChunkedDecoder, Step } from '../../src/proxy/http1/chunked';
import { INCOMPLETE } from '../../src/proxy/http1/fault';
import { Framing } from '../../src/proxy/http1/framing';
import { HeadBuffer, HeadReader } from '../../src/proxy/http1/head-buffer';
import { RequestHead } from '../../src/proxy/http1/request-head';
import { ResponseHead } from '../../src/proxy/http1/response-head';
import { lastChunk, Marks, Persistence, serializeRequest, serializeResponse } from '../../src/proxy/http1/serialize';
import { Via } from '../../src/proxy/serve/route/via';

export interface ReaderLimits {
  readonly maxStartLineBytes: number;
  readonly maxHeadBytes: number;
  readonly maxHeaderFields: number;
}

export interface PassedOn {
  /** The head as it would be sent. */
  readonly head: string;
  body: string;
  trailers: string;
  complete: boolean;
  /** The sender lets the connection be used again. */
  persistent: boolean;
}

export interface CodecReading {
  readonly messages: readonly PassedOn[];
  /** Reason code of what is refused. */
  readonly fault: string | undefined;
  /** In words. */
  readonly detail: string | undefined;
  /** A message has begun and is not complete. */
  readonly partial: boolean;
}

export const ADDED = new Via('default.host', false, () => 0.5);
const EMPTY = Buffer.alloc(0);

/** The input as the pieces between `cuts`. */
export function pieces(input: Buffer, cuts: readonly number[]): Buffer[] {
  const points = [0, ...[...new Set(cuts)].filter((cut) => cut > 0 && cut < input.length).sort((a, b) => a - b), input.length];
  return points.slice(1).map((end, i) => input.subarray(points[i], end));
}

/** Places to cut an input at: each alone, then all of them at once. */
export function everyCut(input: Buffer): number[][] {
  const cuts = Array.from({ length: input.length - 1 }, (_, i) => i + 1);
  return [...cuts.map((cut) => [cut]), cuts];
}

abstract class CodecReader {
  readonly messages: PassedOn[] = [];
  fault: string | undefined;
  detail: string | undefined;
  protected readonly heads: HeadBuffer;
  private readonly decoder = new ChunkedDecoder();
  private framing: Framing = Framing.NONE;
  private remaining = 0;
  private inBody = false;

  constructor(protected readonly limits: ReaderLimits, skipsEmptyLine: boolean) {
    this.heads = new HeadBuffer(skipsEmptyLine);
  }

  get reading(): CodecReading {
    const { messages, fault, detail } = this;
    return { messages, fault, detail, partial: fault === undefined && (this.inBody || this.heads.partial) };
  }

  protected abstract readonly head: HeadReader;
  /** What is in the head that `heads` holds. */
  protected abstract read(): { readonly framing: Framing; readonly length: number; readonly text: string; readonly persistent: boolean };

  feed(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk;
    while (rest && rest.length > 0 && this.fault === undefined) rest = this.inBody ? this.readBody(rest) : this.readHead(rest);
  }

  private readHead(chunk: Buffer): Buffer | undefined {
    const { limits } = this;
    const wrong = this.heads.feed(chunk, 0, this.head, limits);
    if (wrong === INCOMPLETE) return undefined;
    if (wrong) {
      this.fault = wrong.code;
      this.detail = wrong.detail;
      return undefined;
    }
    const head = this.read();
    this.framing = head.framing;
    this.remaining = head.length;
    this.messages.push({ head: head.text, body: '', trailers: '', complete: head.framing === Framing.NONE, persistent: head.persistent });
    this.inBody = head.framing !== Framing.NONE;
    this.decoder.reset();
    const { buffer, end } = this.heads;
    this.heads.clear();
    return buffer.subarray(end);
  }

  private readBody(chunk: Buffer): Buffer | undefined {
    const message = this.messages.at(-1)!;
    if (this.framing !== Framing.CHUNKED) {
      const taken = this.framing === Framing.CLOSE ? chunk.length : Math.min(this.remaining, chunk.length);
      message.body += chunk.toString('latin1', 0, taken);
      this.remaining -= taken;
      if (this.framing === Framing.CLOSE || this.remaining > 0) return undefined;
      this.inBody = false;
      message.complete = true;
      return chunk.subarray(taken);
    }
    this.decoder.position = 0;
    for (;;) {
      const step = this.decoder.next(chunk, chunk.length, this.limits);
      if (step === Step.MORE) return undefined;
      if (step === Step.DATA) {
        message.body += chunk.toString('latin1', this.decoder.dataStart, this.decoder.dataEnd);
      } else if (step === Step.END) {
        this.inBody = false;
        message.complete = true;
        message.trailers = lastChunk(this.decoder.trailers).toString('latin1').slice(3);
        return chunk.subarray(this.decoder.position);
      } else {
        this.fault = this.decoder.fault!.code;
        this.detail = this.decoder.fault!.detail;
        return undefined;
      }
    }
  }
}

class RequestReader extends CodecReader {
  protected readonly head = new RequestHead(1_000);

  constructor(limits: ReaderLimits) {
    super(limits, true);
  }

  protected read(): ReturnType<CodecReader['read']> {
    const { head, heads: { buffer } } = this;
    const text = serializeRequest(buffer, head, ADDED, Marks.NONE, false, EMPTY, EMPTY, EMPTY).toString('latin1');
    return { framing: head.framing, length: head.length, text, persistent: head.persistent };
  }
}

class ResponseReader extends CodecReader {
  protected readonly head = new ResponseHead(1_000);

  constructor(limits: ReaderLimits, toHead: boolean) {
    super(limits, false);
    this.head.toHead = toHead;
  }

  protected read(): ReturnType<CodecReader['read']> {
    const { head, heads: { buffer } } = this;
    const chunked = head.framing === Framing.CHUNKED || head.framing === Framing.CLOSE;
    const text = serializeResponse(buffer, head, chunked, true, Persistence.DEFAULT, 'now', EMPTY, EMPTY).toString('latin1');
    return { framing: head.framing, length: head.length, text, persistent: head.persistent };
  }
}

/** What the codec makes of a client's bytes; a request that ends the connection is the last. */
export function readRequestPieces(chunks: readonly Buffer[], limits: ReaderLimits): CodecReading {
  const reader = new RequestReader(limits);
  // The codec moves data about in what it reads.
  chunks.forEach((chunk) => reader.feed(Buffer.from(chunk)));
  return reader.reading;
}

/** What the codec makes of a backend's bytes. */
export function readResponsePieces(chunks: readonly Buffer[], limits: ReaderLimits, toHead: boolean): CodecReading {
  const reader = new ResponseReader(limits, toHead);
  // The codec moves data about in what it reads.
  chunks.forEach((chunk) => reader.feed(Buffer.from(chunk)));
  return reader.reading;
}
