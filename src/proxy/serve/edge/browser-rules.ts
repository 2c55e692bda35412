/** What a listener says to browsers, compiled: redirects to HTTPS, Strict-Transport-Security, CORS, and pages for errors. */
import type { ResolvedBrowser } from '../../../contract';
import { HeaderChanges } from '../../http1/header-changes';
import type { FieldTable } from '../../http1/fields';
import type { RequestHead } from '../../http1/request-head';
import type { Content } from '../exchange/final-recipient';
import type { Refusal } from '../exchange/refusal';
import { redirectTo, RouteAnswer } from '../route/route-answer';
import { Cors } from './cors';

const HSTS_NAME = 'strict-transport-security';
const HSTS = new HeaderChanges({ remove: [HSTS_NAME] });

export class BrowserRules {
  private readonly redirect: RouteAnswer | undefined;
  private readonly hsts: string;
  private readonly cors: Cors | undefined;
  private readonly pages = new Map<number, Content>();

  constructor({ httpsRedirect, hsts, cors, errorPages = [] }: ResolvedBrowser) {
    this.redirect = httpsRedirect && redirectTo({ scheme: 'https', ...httpsRedirect }, '', undefined);
    this.hsts = hsts
      ? `${HSTS_NAME}: max-age=${hsts.maxAgeSeconds}${hsts.includeSubdomains ? '; includeSubDomains' : ''}${hsts.preload ? '; preload' : ''}\r\n`
      : '';
    this.cors = cors && new Cors(cors);
    for (const { statuses, contentType, body } of errorPages) {
      const content = { type: contentType, body: Buffer.from(body) };
      for (const status of statuses) this.pages.set(status, content);
    }
  }

  /** Field lines for the response to a request. */
  linesFor(source: Buffer, head: RequestHead, secure: boolean): string {
    return (this.cors?.linesFor(source, head) ?? '') + (secure ? this.hsts : '');
  }

  /**
   * The answer to a request that goes no further; undefined for others.
   *
   * @param lines what {@link linesFor} gave
   */
  answer(source: Buffer, head: RequestHead, secure: boolean, defaultHost: string, lines: string): Refusal | undefined {
    if (this.redirect && !secure) return this.redirect(source, head, { secure, defaultHost });
    return this.cors?.preflight(source, head, lines);
  }

  /** Leaves out of a response what the listener says in place of the app. */
  leaveOut(buffer: Buffer, fields: FieldTable, secure: boolean): void {
    this.cors?.leaveOut(buffer, fields);
    if (secure && this.hsts !== '') HSTS.leaveOut(buffer, fields);
  }

  /** Content for a response of the proxy's own. */
  page(status: number): Content | undefined {
    return this.pages.get(status);
  }
}
