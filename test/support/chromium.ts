/**
 * A headless Chromium, driven by playwright-core, which brings no browser of its own: the browser is Debian's package `chromium`, or the program that
 * CHROMIUM names. It reaches loopback only: no other name or address resolves, so a page that asks the internet for something fails.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Browser, chromium } from 'playwright-core';

export type { Browser, Page } from 'playwright-core';

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** A browser starts slowly where others need the processor, too. */
const START_MS = 60_000;

export interface ChromiumOptions {
  /** Where connections go instead, by host and port: `{ 'shop.example.com:443': '127.0.0.1:8443' }`. The page keeps its URL. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Certificates in PEM that are trusted: as they are, or as the authority of those that are shown with them in one chain. */
  readonly trusted?: readonly string[];
}

/** Pages of it end with `browser.close()`. */
export async function launchChromium({ instead = {}, trusted = [] }: ChromiumOptions = {}): Promise<Browser> {
  if (!existsSync(PROGRAM)) throw new Error(`no browser at ${PROGRAM}: install Debian's package 'chromium', or say in CHROMIUM where one is`);
  const mapped = Object.entries(instead).map(([from, to]) => `MAP ${from} ${to}`);
  return chromium.launch({
    executablePath: PROGRAM,
    timeout: START_MS,
    // Its sandbox refuses to run as root, as which tests run in containers.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      `--host-resolver-rules=${[...mapped, 'MAP * ~NOTFOUND', 'EXCLUDE 127.*', 'EXCLUDE localhost'].join(', ')}`,
      ...(trusted.length === 0 ? [] : [`--ignore-certificate-errors-spki-list=${trusted.map(fingerprint).join(',')}`]),
    ],
  });
}

/** SHA-256 of the public key, as Chromium compares it. */
function fingerprint(certificate: string): string {
  return createHash('sha256').update(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })).digest('base64');
}
