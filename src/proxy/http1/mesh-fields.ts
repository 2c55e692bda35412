/**
 * Fields by which sidecars talk to each other and to the app beside them. None of them is passed through: each hop reads and
 * writes its own, so that a stale or foreign one goes no further.
 *
 *   x-mesh-deadline-ms  request   how long the caller still waits; the callee need not work longer
 *   x-mesh-attempt      request   2 for the first retry or hedge, and so on; absent on the first attempt
 *   x-mesh-via          request   which sidecars it has passed; says whether it comes round, and whether it passed one at all: mesh-via.ts
 *   x-mesh-mirror       request   `true` for a copy of a request, whose response nobody waits for; the app gets it
 *   x-mesh-caller       request   to the app: the SPIFFE id that the caller has proved by mutual TLS; absent when it proved none
 *   x-forwarded-client-cert  request  to the app, where the listener is asked for it: the same in Envoy's form
 *   x-mesh-explain      request   by the app to its own sidecar: say in the response what was tried
 *   x-mesh-attempts     response  what was tried, in order: endpoint;outcome;milliseconds, ...
 *   x-mesh-unsent       response  by a callee's sidecar: no application has seen the request, for this reason
 */
import type { ReasonCode } from '../telemetry/reasons';
import { AttemptRecord, attemptText } from '../telemetry/attempt-record';

/** A deadline further away than this, in milliseconds, is none: a day. */
export const MAX_DEADLINE_MS = 86_400_000;

export const MIRROR_FIELD = Buffer.from('x-mesh-mirror: true\r\n');

export function deadlineField(milliseconds: number): string {
  return `x-mesh-deadline-ms: ${Math.max(1, Math.round(milliseconds))}\r\n`;
}

export function attemptField(number: number): string {
  return `x-mesh-attempt: ${number}\r\n`;
}

export function callerField(id: string): Buffer {
  return Buffer.from(`x-mesh-caller: ${id}\r\n`, 'latin1');
}

/**
 * As Envoy's `forward_client_cert_details: SANITIZE_SET` writes it. Ids have none of the characters that would need quotes.
 *
 * @param by   the id of this proxy
 * @param hash SHA-256 of the caller's certificate, as Node writes fingerprints
 */
export function clientCertField(by: string, hash: string, id: string): Buffer {
  return Buffer.from(`x-forwarded-client-cert: By=${by};Hash=${hash.replace(/:/g, '').toLowerCase()};URI=${id}\r\n`, 'latin1');
}

export function unsentField(code: ReasonCode): string {
  return `x-mesh-unsent: ${code}\r\n`;
}

export function attemptsField(attemptRecords: readonly AttemptRecord[]): string {
  return `x-mesh-attempts: ${attemptRecords.map(attemptText).join(', ')}\r\n`;
}
