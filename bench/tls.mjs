/** A certificate for the scenarios with TLS: ECDSA with P-256, as public authorities issue by default today. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { HOST } from './processes.mjs';

/** Writes a certificate and its key into the folder; returns the paths of them, and of a file with both as HAProxy wants it. */
export async function writeKeyPair(folder) {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'cdk8s-mesh benchmark' }], {
    keyType: 'ec', curve: 'P-256', algorithm: 'sha256', extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: HOST }] }],
  });
  const write = (name, text) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return { certificate: write('tls.crt', cert), key: write('tls.key', key), both: write('tls.pem', `${cert}\n${key}`) };
}
