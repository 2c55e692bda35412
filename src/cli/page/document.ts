/**
 * The page as it is sent: one HTML file with its style and its script in it, and a Content-Security-Policy that names both by their
 * hashes. Nothing else runs, nothing is fetched from elsewhere, and with Trusted Types no string can become markup.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface PageDocument {
  readonly html: string;
  readonly policy: string;
}

export function readPage(file: string): PageDocument {
  return documentOf(readFileSync(file, 'utf8'));
}

export function documentOf(html: string): PageDocument {
  return {
    html,
    policy: [
      "default-src 'none'",
      `script-src ${hashesOf(html, /<script>([\s\S]*?)<\/script>/g)}`,
      `style-src ${hashesOf(html, /<style>([\s\S]*?)<\/style>/g)}`,
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ].join('; '),
  };
}

function hashesOf(html: string, element: RegExp): string {
  return [...html.matchAll(element)].map(([, text]) => `'sha256-${createHash('sha256').update(text!).digest('base64')}'`).join(' ');
}
