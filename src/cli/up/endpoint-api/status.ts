/**
 * The error objects of the Kubernetes API (`v1` Status), in the words that an API server uses where clients read them.
 */

export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Failure';
  readonly message: string;
  readonly reason: string;
  readonly details?: object;
  readonly code: number;
}

export function failure(code: number, reason: string, message: string, details?: object): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...(details ? { details } : {}), code };
}

/** Changes after this version are not remembered. */
export function expired(version: number, oldest: number): Status {
  return failure(410, 'Expired', `too old resource version: ${version} (${oldest})`);
}

/** A list asked for a version that is still to come. */
export function tooLarge(version: number, current: number): Status {
  const message = `Too large resource version: ${version}, current: ${current}`;
  return failure(504, 'Timeout', message, { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 });
}
