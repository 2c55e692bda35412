/** The messages of a gRPC response, out of its body: each is a byte that says that it is not compressed, its length, and itself. */

/** Longest message. An answer has a certificate with its chain and the roots of a domain; hundreds of those fit in. */
export const MAX_MESSAGE_BYTES = 1_048_576;

const PREFIX_BYTES = 5;

export class MessageReader {
  private held: Buffer = Buffer.alloc(0);

  /** @param onMessage called with each message that is complete; its bytes are its own */
  constructor(private readonly onMessage: (message: Buffer) => void) {}

  /**
   * @param data valid during the call only
   * @returns what is wrong with it
   */
  feed(data: Buffer): string | undefined {
    this.held = Buffer.concat([this.held, data]);
    while (this.held.length >= PREFIX_BYTES) {
      if (this.held[0] !== 0) return 'a message is compressed, which was not asked for';
      const length = this.held.readUInt32BE(1);
      if (length > MAX_MESSAGE_BYTES) return `a message has ${length} bytes, and may have ${MAX_MESSAGE_BYTES}`;
      const end = PREFIX_BYTES + length;
      if (this.held.length < end) return undefined;
      const message = this.held.subarray(PREFIX_BYTES, end);
      this.held = this.held.subarray(end);
      this.onMessage(message);
    }
    return undefined;
  }
}
