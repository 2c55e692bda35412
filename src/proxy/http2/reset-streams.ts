/** Streams that were reset here lately. Frames of them that the peer sent before it heard so are no mistake (RFC 9113 section 5.1). */
const REMEMBERED = 64;

export class ResetStreams {
  private readonly ids = new Int32Array(REMEMBERED);
  private at = 0;

  add(streamId: number): void {
    this.ids[this.at] = streamId;
    this.at = (this.at + 1) % REMEMBERED;
  }

  has(streamId: number): boolean {
    return this.ids.includes(streamId);
  }
}
