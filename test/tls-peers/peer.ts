/** What each implementation of TLS at the other end of a sidecar's connection has to do. */
import type { Files, Form } from './certificates';

/** Protocol of sidecars (ALPN). */
export const ALPN = 'mesh/h1';
/** Host names of the two sides, for implementations that compare nothing else. */
export const SERVER_NAME = 'catalog.test';
export const CLIENT_NAME = 'web.test';

export interface Peer {
  readonly name: string;
  /** Whether it knows keys and bundles of this form. */
  takes(form: Form): boolean;
  /** Starts a server that wants a certificate of the bundle, and answers each request with 200. Returns its port. */
  serve(files: Files): Promise<number>;
  /** Sends `GET /` to a sidecar, whose certificate it checks; returns what came back. */
  ask(port: number, files: Files): Promise<string>;
}
