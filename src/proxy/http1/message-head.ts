/** What the heads of requests and responses have in common: version, persistence, framing and Upgrade. */
import type { Fault } from './fault';
import { FAULT_DISGUISED, FieldTable, Kind } from './fields';
import { framedBy, Framing, lengthFault, LENGTH_FAULTY, NO_LENGTH } from './framing';

export const HTTP_1 = Buffer.from('HTTP/1.');

export abstract class MessageHead {
  isHttp10 = false;
  framing: Framing = Framing.NONE;
  /** Bytes of the body when `framing` is LENGTH. */
  length = 0;
  /** The protocols of the one valid Upgrade field; empty (start equals end) when there is none. */
  upgradeStart = 0;
  upgradeEnd = 0;
  readonly fields: FieldTable;
  /** What the fields say of the length so far: a length, `NO_LENGTH` or `LENGTH_CHUNKED`. */
  protected declared = NO_LENGTH;

  constructor(maxHeaderFields: number) {
    this.fields = new FieldTable(maxHeaderFields);
  }

  /** Whether the sender lets this connection be used again. */
  get persistent(): boolean {
    return this.isHttp10 ? this.fields.keepAlive && !this.fields.close : !this.fields.close;
  }

  get end(): number {
    return this.fields.end;
  }

  /** Before the fields are read. */
  protected clear(): void {
    this.declared = NO_LENGTH;
    this.upgradeStart = 0;
    this.upgradeEnd = 0;
  }

  /**
   * Reads a field that frames the message, is about the connection, or is in disguise.
   *
   * @param takesEqual the same length may be said again
   */
  protected readFraming(buffer: Uint8Array, field: number, takesEqual: boolean): Fault | undefined {
    switch (this.fields.kinds[field]) {
      case Kind.CONNECTION: return this.fields.readConnection(buffer, field);
      case Kind.DISGUISED: return FAULT_DISGUISED;
      default:
        this.declared = framedBy(this.declared, buffer, this.fields, field, this.isHttp10, takesEqual);
        return this.declared === LENGTH_FAULTY ? lengthFault : undefined;
    }
  }
}
