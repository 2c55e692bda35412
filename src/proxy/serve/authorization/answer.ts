/** What an authority's answer says of a request: it passes, it is denied with this answer, or there was none that counts. */
import type { ResolvedExternalAuthorization } from '../../../contract';
import { FieldTable } from '../../http1/fields';
import { isShed } from '../../http1/proxy-status';
import type { ResponseHead } from '../../http1/response-head';
import type { AskFailure } from '../../telemetry/external-authorization-instruments';
import type { Content } from '../exchange/final-recipient';
import type { Refusal } from '../exchange/refusal';
import { FieldNames } from './field-names';

/** Fields by which a client is told what to do next, in any denial. */
const OF_DENIALS = ['location', 'set-cookie', 'www-authenticate', 'cache-control', 'retry-after', 'content-encoding'];
const CONTENT_TYPE = new FieldNames(['content-type']);
const NOTHING = Buffer.alloc(0);

export type Answer =
  | { readonly kind: 'allowed'; /** Fields that the request gets, each with its CRLF. */ readonly lines: Buffer }
  | { readonly kind: 'denied'; readonly refusal: Refusal; readonly contentType: string }
  | { readonly kind: 'failed'; readonly cause: AskFailure; readonly detail: string };

export class AnswerReader {
  private readonly toApp: FieldNames;
  private readonly toClient: FieldNames;

  constructor({ allowedResponseHeaders, allowedClientHeaders }: Pick<ResolvedExternalAuthorization, 'allowedResponseHeaders' | 'allowedClientHeaders'>) {
    this.toApp = new FieldNames(allowedResponseHeaders);
    this.toClient = new FieldNames([...OF_DENIALS, ...allowedClientHeaders]);
  }

  /** Takes out of a request what only the authority may say. */
  clean(source: Buffer, fields: FieldTable): void {
    this.toApp.hide(source, fields);
  }

  read(buffer: Buffer, { status, fields }: ResponseHead): Answer {
    if (status >= 200 && status < 300) {
      const lines = this.toApp.linesOf(buffer, fields);
      return { kind: 'allowed', lines: lines === '' ? NOTHING : Buffer.from(lines, 'latin1') };
    }
    if (status >= 500) return { kind: 'failed', cause: 'status', detail: `the authority answered ${status}` };
    // A sidecar that doesn't let the question through says nothing of the request.
    if (isShed(buffer, fields)) return { kind: 'failed', cause: 'proxy', detail: `a proxy in front of the authority answered ${status}` };
    const contentType = CONTENT_TYPE.linesOf(buffer, fields).split('\r\n')[0]!.slice('content-type: '.length);
    return {
      kind: 'denied',
      refusal: { code: 'ext_authz_denied', detail: `the authority answered ${status}`, status, lines: this.toClient.linesOf(buffer, fields) },
      contentType: contentType === '' ? 'application/octet-stream' : contentType,
    };
  }
}

/** A denial with the authority's own content; without any, the client gets the proxy's words. */
export function withContent({ refusal, contentType }: Answer & { readonly kind: 'denied' }, body: Buffer): Refusal {
  const content: Content = { type: contentType, body };
  return body.length === 0 ? withoutEncoding(refusal) : { ...refusal, content };
}

/** What is said of the authority's content doesn't hold for the proxy's words. */
function withoutEncoding(refusal: Refusal): Refusal {
  return { ...refusal, lines: refusal.lines!.replace(/^content-encoding:.*\r\n/gim, '') };
}
