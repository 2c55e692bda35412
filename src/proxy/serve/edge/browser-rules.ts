/** What a listener says to browsers, compiled: redirects to HTTPS, Strict-Transport-Security, CORS, and pages for errors. */
import type { ResolvedBrowser } from '../../../contract';
import { HeaderChanges } from '../../http1/header-changes';
import type { FieldTable } from '../../http1/fields';
import type { RequestHead } from '../../http1/request-head';
import type { Content } from '../exchange/final-recipient';
import type { Refusal } from '../exchange/refusal';
import { Cors } from '../route/cors';
import { redirectTo, RouteAnswer } from '../route/route-answer';

const HSTS_NAME = 'strict-transport-security';
const HSTS = new HeaderChanges({ remove: [HSTS_NAME] });

export class BrowserRules {
  private readonly redirect: RouteAnswer | undefined;
  /** Strict-Transport-Security; empty without. */
  readonly hsts: string;
  /** Of routes that say nothing of it themselves; undefined: it is the app's to say. */
  readonly cors: Cors | undefined;
  private readonly hstsLine: Buffer;
  private readonly pages = new Map<number, Content>();

  constructor({ httpsRedirect, hsts, cors, errorPages = [] }: ResolvedBrowser) {
    this.redirect = httpsRedirect && redirectTo({ scheme: 'https', ...httpsRedirect }, '', undefined);
    this.hsts = hsts
      ? `${HSTS_NAME}: max-age=${hsts.maxAgeSeconds}${hsts.includeSubdomains ? '; includeSubDomains' : ''}${hsts.preload ? '; preload' : ''}\r\n`
      : '';
    this.hstsLine = Buffer.from(this.hsts, 'latin1');
    this.cors = cors && new Cors(cors);
    for (const { statuses, contentType, body } of errorPages) {
      const content = { type: contentType, body: Buffer.from(body) };
      for (const status of statuses) this.pages.set(status, content);
    }
  }

  /** The redirect of a request that came without TLS; undefined when it is served. */
  answer(source: Buffer, head: RequestHead, secure: boolean, defaultHost: string): Refusal | undefined {
    return this.redirect && !secure ? this.redirect(source, head, { secure, defaultHost }) : undefined;
  }

  /** Field lines for a response by HTTPS, of whose fields those are left out that the listener says in place of the app. */
  hstsFor(buffer: Buffer, fields: FieldTable): Buffer {
    if (this.hsts !== '') HSTS.leaveOut(buffer, fields);
    return this.hstsLine;
  }

  /** Content for a response of the proxy's own. */
  page(status: number): Content | undefined {
    return this.pages.get(status);
  }
}
