/** Reads what a peer says of itself (RFC 9113 section 6.5). What is not known is ignored, as that section wants it. */
import { Http2Fault, MAX_PAYLOAD_BYTES, MAX_WINDOW, Setting } from './frames';
import { FAULT_SETTING, FAULT_SIZE, FAULT_WINDOW } from './session-faults';

const ENTRY_BYTES = 6;
/** The largest MAX_FRAME_SIZE that there is. Frames larger than what every peer takes are never sent, whatever it is. */
const MOST_FRAME_BYTES = 0xff_ffff;

/** Gets the settings that matter. */
export interface SettingsTaker {
  /** The window of new streams. False: some stream's window would be too large by it. */
  onFirstWindow(bytes: number): boolean;
  /** The table of HPACK that the peer keeps. */
  onTableSize(bytes: number): void;
  /** How many streams the peer takes at a time. */
  onMaxStreams(streams: number): void;
  /** Whether the peer takes extended CONNECT. False: it has said otherwise before. */
  onConnectProtocol(isTaken: boolean): boolean;
}

/** Reads the payload of a SETTINGS frame, in `buffer[start, end)`. Returns what is wrong with it. */
export function readSettings(buffer: Buffer, start: number, end: number, isClient: boolean, taker: SettingsTaker): Http2Fault | undefined {
  if ((end - start) % ENTRY_BYTES !== 0) return FAULT_SIZE;
  for (let at = start; at < end; at += ENTRY_BYTES) {
    const fault = readSetting(buffer.readUInt16BE(at), buffer.readUInt32BE(at + 2), isClient, taker);
    if (fault) return fault;
  }
  return undefined;
}

function readSetting(id: number, value: number, isClient: boolean, taker: SettingsTaker): Http2Fault | undefined {
  switch (id) {
    case Setting.INITIAL_WINDOW_SIZE:
      return value <= MAX_WINDOW && taker.onFirstWindow(value) ? undefined : FAULT_WINDOW;
    case Setting.ENABLE_PUSH:
      return value === 0 || (value === 1 && !isClient) ? undefined : FAULT_SETTING;
    case Setting.MAX_FRAME_SIZE:
      return value >= MAX_PAYLOAD_BYTES && value <= MOST_FRAME_BYTES ? undefined : FAULT_SETTING;
    case Setting.HEADER_TABLE_SIZE:
      taker.onTableSize(value);
      return undefined;
    case Setting.MAX_CONCURRENT_STREAMS:
      taker.onMaxStreams(value);
      return undefined;
    case Setting.ENABLE_CONNECT_PROTOCOL:
      return value <= 1 && taker.onConnectProtocol(value === 1) ? undefined : FAULT_SETTING;
    default:
      return undefined;
  }
}
