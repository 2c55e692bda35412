/** What a listener with TLS records besides: its handshakes, and how its certificates are. */
import { FAMILIES } from './catalog';
import type { Counter } from './metrics';
import type { MetricRegistry } from './registry';

/** Why a TLS handshake came to nothing. */
export type HandshakeFailure = 'closed' | 'timeout' | 'plain_http' | 'version' | 'cipher' | 'alpn' | 'sni' | 'alert' | 'no_identity' | 'other';

export class TlsInstruments {
  readonly handshakes: Counter;

  constructor(private readonly registry: MetricRegistry, private readonly listener: string) {
    this.handshakes = registry.counter(FAMILIES.tlsHandshakes, { listener });
  }

  failure(kind: HandshakeFailure): Counter {
    return this.registry.counter(FAMILIES.tlsHandshakeFailures, { listener: this.listener, kind });
  }

  /** Counts a client that did not prove who it is. */
  callerRefused(fault: string): void {
    this.registry.counter(FAMILIES.callersRefused, { listener: this.listener, fault }).value += 1;
  }

  /** Counts a connection without TLS that was refused. */
  plainRefused(): void {
    this.registry.counter(FAMILIES.plainRefused, { listener: this.listener }).value += 1;
  }

  /** The certificate that expires first counts for the listener. */
  observeExpiry(earliest: () => number): void {
    this.registry.observe(FAMILIES.tlsCertificateExpiry, { listener: this.listener }, earliest);
  }

  /** Those of one certificate, by its file. */
  certificate(file: string): CertificateInstruments {
    return new CertificateInstruments(this.registry, this.listener, file);
  }
}

/** What is looked at of a certificate. */
export interface ObservedCertificate {
  secondsLeft(): number;
  secondsToValid(): number;
  rejected(): boolean;
}

export class CertificateInstruments {
  private readonly labels: { readonly listener: string; readonly certificate: string };

  constructor(private readonly registry: MetricRegistry, listener: string, certificate: string) {
    this.labels = { listener, certificate };
  }

  reload(result: 'applied' | 'rejected'): Counter {
    return this.registry.counter(FAMILIES.tlsCertificateReloads, { listener: this.labels.listener, result });
  }

  observe(certificate: ObservedCertificate): void {
    const { registry, labels } = this;
    const problem = (name: string, holds: () => boolean): void => {
      registry.observe(FAMILIES.certificateProblem, { ...labels, problem: name }, () => (holds() ? 1 : 0));
    };
    registry.observe(FAMILIES.certificateSecondsToExpiry, labels, () => certificate.secondsLeft());
    problem('expired', () => certificate.secondsLeft() <= 0);
    problem('not_yet_valid', () => certificate.secondsToValid() > 0);
    problem('rejected', () => certificate.rejected());
  }

  forget(): void {
    this.registry.removeFrom(FAMILIES.certificateSecondsToExpiry, this.labels);
    this.registry.removeFrom(FAMILIES.certificateProblem, this.labels);
  }
}
