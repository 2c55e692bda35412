/**
 * Node's modules that many sidecars need late or never. `import` would load them at the start, and each keeps memory for as long as the
 * process lives. Resident on Node 24: crypto 3 MiB, tls and https 6 MiB more.
 */
import type * as Crypto from 'node:crypto';
import type * as Https from 'node:https';
import type * as Tls from 'node:tls';

export const crypto = onDemand<typeof Crypto>('node:crypto');
export const https = onDemand<typeof Https>('node:https');
export const tls = onDemand<typeof Tls>('node:tls');

function onDemand<T>(name: string): () => T {
  let loaded: T | undefined;
  return () => (loaded ??= process.getBuiltinModule(name) as T);
}
