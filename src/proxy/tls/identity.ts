/**
 * Who this proxy is, for as long as the configuration says so. Follows its files, or its agent: new connections use what they say now. What
 * can't be used changes nothing but a metric, and what was read before stays. A certificate that has expired is as good as none: then
 * nothing is accepted or sent, and never without TLS.
 */
import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { IdentityConfig } from '../../contract';
import type { Clock } from '../runtime/clock';
import { crypto, tls } from '../runtime/on-demand';
import type { CredentialInstruments, ObservedIdentity } from '../telemetry/credential-instruments';
import { FollowedFiles, Found } from './followed-files';
import { checkIdentity, identityFiles, IdentityMaterial, readIdentity } from './identity-files';
import type { IdentitySource, IdentitySourceListener, OpenIdentitySource } from './identity-source';
import { keyExchangeGroups } from './key-exchange';
import { timeProblem } from './validity';

/** What is told of an identity. */
export type IdentityInUse = Pick<IdentityMaterial, 'id' | 'expiresAt' | 'untrusted'>;

/** Told that there is something new: without problems, the new certificate or the new roots are in use. */
export type IdentityListener = (problems: readonly string[], inUse: IdentityInUse | undefined) => void;

type Instruments = CredentialInstruments<ObservedIdentity>;

/** Until there is one. */
const NONE: IdentitySource = { current: undefined, problems: [], start() {}, close() {} };

export class Identity {
  readonly trustDomain: string;
  /** Goes up when a root is taken away: peers that were verified by the former roots have to be verified anew. */
  trust = 0;
  private secureContext: SecureContext | undefined;
  private readonly users = new Set<() => void>();
  private source: IdentitySource = NONE;
  private started = false;

  /** Asks where it comes from. When that gives nothing that can be used, it is an identity that can't be used until it does. */
  static async load(
    config: IdentityConfig, clock: Clock, instruments: Instruments, onChange: IdentityListener, openAgent: OpenIdentitySource,
  ): Promise<Identity> {
    const identity = new Identity(config, clock, instruments, onChange);
    const listener: IdentitySourceListener = {
      onApplied: (material, before) => identity.renew(material, before),
      onRejected: (problems) => onChange(problems, identity.material),
    };
    identity.source = config.workloadApiSocket === undefined
      ? await identity.openFiles(config, listener) : await openAgent(config, listener);
    return identity;
  }

  private constructor(
    { trustDomain }: IdentityConfig, readonly clock: Clock, private readonly instruments: Instruments, private readonly onChange: IdentityListener,
  ) {
    this.trustDomain = trustDomain;
  }

  private get material(): IdentityMaterial | undefined { return this.source.current; }
  private get problems(): readonly string[] { return this.source.problems; }

  /** What is in use; undefined when nothing can be used now. */
  get usable(): IdentityMaterial | undefined {
    return this.material && this.timeProblem(this.material) === undefined ? this.material : undefined;
  }

  /** Why it can't be used; empty when it can. */
  get whyUnusable(): readonly string[] {
    if (!this.material) return this.problems;
    const problem = this.timeProblem(this.material);
    return problem === undefined ? [] : [problem, ...this.problems];
  }

  /** For the TLS of new connections, in both directions; undefined when it can't be used. */
  get context(): SecureContext | undefined {
    const { usable } = this;
    if (!usable) return undefined;
    return this.secureContext ??= tls().createSecureContext(contextOptions(usable));
  }

  /** It is in force: hears of changes from now on. */
  start(): void {
    this.started = true;
    this.instruments.observe({
      expiresAt: () => this.material?.expiresAt ?? NaN,
      rootsExpireAt: () => this.material?.rootsExpireAt ?? NaN,
      usable: () => this.usable !== undefined,
      trusted: () => this.material !== undefined && this.material.untrusted === undefined,
      rejected: () => this.problems.length > 0,
    });
    if (this.problems.length > 0) this.onChange(this.problems, undefined);
    this.source.start();
  }

  close(): void {
    if (this.started) this.instruments.forget();
    this.source.close();
    this.users.clear();
  }

  /** Calls `user` whenever there is another certificate or other roots; returns what ends that. */
  onRenewed(user: () => void): () => void {
    this.users.add(user);
    return () => this.users.delete(user);
  }

  private async openFiles(config: IdentityConfig, listener: IdentitySourceListener): Promise<IdentitySource> {
    const check = (texts: readonly string[]): Found<IdentityMaterial> => checkIdentity(config, texts, this.material);
    return new FollowedFiles(identityFiles(config), await readIdentity(config), this.clock, check, this.instruments, listener);
  }

  private renew(material: IdentityMaterial, before: IdentityMaterial | undefined): void {
    if (before?.ca.some((root) => !material.ca.includes(root))) this.trust += 1;
    this.secureContext = undefined;
    for (const user of this.users) user();
    this.onChange([], material);
  }

  private timeProblem({ validFrom, expiresAt }: IdentityMaterial): string | undefined {
    return timeProblem('the proxy\'s own certificate', validFrom, expiresAt, this.clock.wallTime() / 1_000);
  }
}

/**
 * TLS 1.3 alone. No session is taken up again: it would let in who was verified by another bundle or another certificate, and a handshake
 * is rare where connections are kept (docs/decisions/mutual-tls.md).
 */
function contextOptions({ cert, key, ca }: IdentityMaterial): SecureContextOptions {
  return {
    cert, key, ca: [...ca], minVersion: 'TLSv1.3', secureOptions: crypto().constants.SSL_OP_NO_TICKET, sessionIdContext: 'mesh',
    ecdhCurve: keyExchangeGroups(),
    // A bundle may hold the authority that issues and not the root above it: cert-manager's ca.crt, for an issuer that is no root.
    allowPartialTrustChain: true,
  };
}
