/** What a request leaves behind on its connection. */
import type { OutgoingRequest, ResponseListener } from '../../../src/proxy/cluster/carrier';
import { CarrierSession, Http2Carrier } from '../../../src/proxy/cluster/http2/http2-carrier';
import type { ClientSession, SettingsWaiter } from '../../../src/proxy/http2/client-session';

const HANDSHAKE = Buffer.from('GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');

test('a WebSocket that is given up waits for the settings of its endpoint no more', () => {
  const waiting = new Set<SettingsWaiter>();
  let load = 0;
  const session = {
    peer: { known: false },
    awaitSettings: (waiter: SettingsWaiter) => { waiting.add(waiter); },
    forgetWaiter: (waiter: SettingsWaiter) => { waiting.delete(waiter); },
  };
  const connection: CarrierSession = {
    session: session as unknown as ClientSession,
    limits: { maxHeadBytes: 1_024, maxStartLineBytes: 1_024, maxHeaders: 10 } as unknown as CarrierSession['limits'],
    used: false, idleSince: 0, holdsBack: false, heard: 0, now: () => 0, onResponse: () => {}, onGivenUp: () => {},
    reserve: () => { load += 1; }, release: () => { load -= 1; }, brokenInUse: () => {},
  };
  const request: OutgoingRequest = { toHead: false, unknownLength: false, offersUpgrade: true, whole: true, http1: () => HANDSHAKE };
  const carrier = new Http2Carrier(connection);
  carrier.send(request, {} as ResponseListener);
  expect([waiting.size, load]).toEqual([1, 1]);

  carrier.cancel();

  expect([waiting.size, load]).toEqual([0, 0]);
});
