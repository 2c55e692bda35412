/** Reads what a peer says of itself (RFC 9113 section 6.5). What is not known is ignored, as that section wants it. */
import { Http2Fault, MAX_PAYLOAD_BYTES, MAX_WINDOW, Setting } from './frames';
import { FAULT_SETTING, FAULT_SIZE, FAULT_WINDOW } from './session-faults';

const ENTRY_BYTES = 6;
/** The largest MAX_FRAME_SIZE that there is. Frames larger than what every peer takes are never sent, whatever it is. */
const MOST_FRAME_BYTES = 0xff_ffff;

/** Acts on settings at once. */
export interface SettingsListener {
  /** The window of new streams. False: some stream's window would be too large by it. */
  onFirstWindow(bytes: number): boolean;
  /** The table of HPACK that the peer keeps. */
  onTableSize(bytes: number): void;
  /** The peer has said how many streams it takes at a time. */
  onCapacity(): void;
}

export class PeerSettings {
  /** The first ones have come. */
  known = false;
  /** How many streams the peer takes at a time; no bound until it says one. */
  maxStreams = Number.POSITIVE_INFINITY;
  /** The peer takes extended CONNECT. */
  takesConnect = false;

  constructor(private readonly isClient: boolean, private readonly listener: SettingsListener) {}

  /** Reads the payload of a SETTINGS frame, in `buffer[start, end)`. Returns what is wrong with it. */
  read(buffer: Buffer, start: number, end: number): Http2Fault | undefined {
    if ((end - start) % ENTRY_BYTES !== 0) return FAULT_SIZE;
    for (let at = start; at < end; at += ENTRY_BYTES) {
      const fault = this.readOne(buffer.readUInt16BE(at), buffer.readUInt32BE(at + 2));
      if (fault) return fault;
    }
    return undefined;
  }

  private readOne(id: number, value: number): Http2Fault | undefined {
    switch (id) {
      case Setting.INITIAL_WINDOW_SIZE:
        return value <= MAX_WINDOW && this.listener.onFirstWindow(value) ? undefined : FAULT_WINDOW;
      case Setting.ENABLE_PUSH:
        return value === 0 || (value === 1 && !this.isClient) ? undefined : FAULT_SETTING;
      case Setting.MAX_FRAME_SIZE:
        return value >= MAX_PAYLOAD_BYTES && value <= MOST_FRAME_BYTES ? undefined : FAULT_SETTING;
      case Setting.HEADER_TABLE_SIZE:
        this.listener.onTableSize(value);
        return undefined;
      case Setting.MAX_CONCURRENT_STREAMS:
        this.maxStreams = value;
        this.listener.onCapacity();
        return undefined;
      case Setting.ENABLE_CONNECT_PROTOCOL:
        // RFC 8441 section 3: who has said so once must not take it back.
        if (value > 1 || (value === 0 && this.takesConnect)) return FAULT_SETTING;
        this.takesConnect = value === 1;
        return undefined;
      default:
        return undefined;
    }
  }
}
