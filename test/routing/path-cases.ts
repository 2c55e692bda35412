/**
 * Paths and what becomes of them: a path in normal form, or the code of the fault. Most are ways that were used to get past rules of
 * proxies; the CVE or the source is named where there is one. The socket tests of the proxy may run the same table.
 */
import type { PathOptions } from '../../src/routing';

export interface PathCase {
  readonly name: string;
  readonly path: string;
  /** The normal form. */
  readonly normal?: string;
  /** Code of the fault. */
  readonly fault?: string;
  readonly options?: PathOptions;
}

const KEEP: PathOptions = { encodedSlashes: 'keep' };
const DECODE: PathOptions = { encodedSlashes: 'decode' };
const DECODE_AND_MERGE: PathOptions = { encodedSlashes: 'decode', mergeSlashes: true };
const MERGE: PathOptions = { mergeSlashes: true };

const normal = (name: string, path: string, form: string, options?: PathOptions): PathCase => (
  { name, path, normal: form, ...(options && { options }) }
);
const same = (name: string, path: string, options?: PathOptions): PathCase => normal(name, path, path, options);
const refused = (name: string, path: string, fault: string, options?: PathOptions): PathCase => (
  { name, path, fault, ...(options && { options }) }
);

const ALREADY_NORMAL: PathCase[] = [
  same('the root', '/'),
  same('one element', '/admin'),
  same('a final slash', '/admin/'),
  same('several elements', '/a/b/c/d'),
  same('case stays', '/Admin/USERS'),
  same('unreserved characters', '/aZ09-._~'),
  same('sub-delims', "/!$&'()*+,;="),
  same('colon and at', '/v1/users:batch@now'),
  same('a well-known path', '/.well-known/acme-challenge/x'),
  same('a hidden file', '/.env'),
  same('a name that begins with two dots', '/..env'),
  same('three dots', '/a/.../b'),
  same('a name that ends in a dot', '/a./b'),
  same('a name that ends in two dots', '/a../b'),
  same('dots within a name', '/a..b/c.d'),
  same('path parameters', '/orders;region=eu/7;v=1'),
  same('an escaped space', '/a%20b'),
  same('an escaped percent sign', '/100%25'),
  same('an escaped question mark', '/what%3F'),
  same('an escaped hash', '/c%23'),
  same('escaped UTF-8', '/caf%C3%A9'),
  same('escaped UTF-8 of three bytes', '/%E2%82%AC'),
  same('escaped UTF-8 of four bytes', '/%F0%9F%98%80'),
  same('an escaped Latin-1 letter', '/caf%E9'),
  same('an escaped Latin-1 letter that begins overlong UTF-8, alone', '/%C0/%C1x'),
  same('an escaped colon stays apart from a colon (RFC 3986, 2.2)', '/a%3Ab'),
  same('an escaped semicolon stays apart from path parameters', '/a%3Bb'),
  same('a full-width slash is a letter', '/a%EF%BC%8Fb'),
  same('a division slash is a letter', '/a%E2%88%95b'),
  same('a full-width full stop is a letter', '/%EF%BC%8E%EF%BC%8E/x'),
];

const DOT_SEGMENTS: PathCase[] = [
  normal('RFC 3986 5.2.4, first example', '/a/b/c/./../../g', '/a/g'),
  normal('a dot', '/a/./b', '/a/b'),
  normal('a final dot', '/a/.', '/a/'),
  normal('a dot alone', '/.', '/'),
  normal('a dot and slash alone', '/./', '/'),
  normal('two dots', '/a/../b', '/b'),
  normal('final two dots', '/a/b/..', '/a/'),
  normal('final two dots and a slash', '/a/b/../', '/a/'),
  normal('two dots alone', '/..', '/'),
  normal('two dots and a slash alone', '/../', '/'),
  normal('above the root', '/../../../etc/passwd', '/etc/passwd'),
  normal('above the root from below', '/a/../../../b', '/b'),
  normal('many in a row', '/a/b/c/../../..', '/'),
  normal('past an allowed prefix', '/public/../admin', '/admin'),
  normal('past an allowed prefix by a detour', '/public/./x/../../admin', '/admin'),
  normal('two dots after three', '/.../..', '/'),
  normal('an encoded dot', '/a/%2e/b', '/a/b'),
  normal('an encoded dot, upper case', '/a/%2E/b', '/a/b'),
  normal('both dots encoded', '/public/%2e%2e/admin', '/admin'),
  normal('both dots encoded, mixed case', '/public/%2E%2e/admin', '/admin'),
  normal('the first dot encoded', '/public/%2e./admin', '/admin'),
  normal('the second dot encoded', '/public/.%2e/admin', '/admin'),
  normal('encoded dots at the end', '/public/x/%2e%2e', '/public/'),
  normal('Apache CVE-2021-41773', '/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh', '/bin/sh'),
  normal('Apache CVE-2021-42013 keeps its second layer', '/cgi-bin/%%32%65%%32%65/bin/sh'.replace(/%%/g, '%25%'), '/cgi-bin/%252e%252e/bin/sh'),
  refused('Apache CVE-2021-42013 as it was sent', '/cgi-bin/%%32%65%%32%65/bin/sh', 'path_escape'),
  normal('a hidden file beside dots', '/a/.hidden/../.b', '/a/.b'),
  normal('dots beside empty elements', '/a//../b', '/b', MERGE),
  normal('dots beside empty elements that are kept (RFC 3986)', '/a//../b', '/a/b'),
  normal('dots and empty elements that are kept at the root', '//../a', '/a'),
  normal('a dot between slashes', '/a/.//b', '/a/b', MERGE),
  normal('a dot between slashes that are kept', '/a/.//b', '/a//b'),
  normal('an encoded letter within dots is no dot segment', '/a/.%61', '/a/.a'),
  normal('two dots and an encoded dot are a name', '/a/..%2e', '/a/...'),
];

const DOUBLE_ENCODING: PathCase[] = [
  same('a dot encoded twice stays', '/a/%252e%252e/b'),
  same('a dot encoded thrice stays', '/a/%25252e/b'),
  same('a slash encoded twice stays', '/a%252Fb'),
  same('a slash encoded twice stays, lower case', '/a%252fb'),
  same('a backslash encoded twice stays', '/a%255Cb'),
  same('a NUL encoded twice stays', '/a%2500'),
  normal('an escape whose digits are encoded', '/a%25%32%65', '/a%252e'),
  normal('an escape whose digits are encoded, half', '/a%252%65b', '/a%252eb'),
  normal('what is decoded is not decoded again', '/%25%32%46', '/%252F'),
  same('decoding slashes does not decode twice', '/a%252Fb', DECODE),
];

const ENCODED_SLASHES: PathCase[] = [
  refused('Istio 2021-005, CVE-2021-29492: an encoded slash', '/%2Fadmin', 'path_encoded_slash'),
  refused('an encoded slash in lower case', '/public%2f..%2fadmin', 'path_encoded_slash'),
  refused('an encoded slash within a name', '/a%2Fb', 'path_encoded_slash'),
  refused('an encoded slash at the end', '/admin%2F', 'path_encoded_slash'),
  refused('encoded dots and slash', '/%2e%2e%2fadmin', 'path_encoded_slash'),
  refused('CVE-2021-29492: an encoded backslash', '/public%5c..%5cadmin', 'path_encoded_backslash'),
  refused('an encoded backslash in upper case', '/a%5Cb', 'path_encoded_backslash'),
  refused('an encoded backslash at the start', '/%5Cadmin', 'path_encoded_backslash'),
  same('kept: within a name', '/objects/a%2Fb', KEEP),
  normal('kept: gets upper-case digits', '/objects/a%2fb', '/objects/a%2Fb', KEEP),
  same('kept: a backslash', '/objects/a%5Cb', KEEP),
  same('kept: at the start', '/%2Fadmin', KEEP),
  same('kept: several in a row', '/a%2F%2Fb', KEEP),
  refused('kept: two dots before it', '/public/..%2Fadmin', 'path_dot_segment', KEEP),
  refused('kept: two dots after it', '/public/x%2F..', 'path_dot_segment', KEEP),
  refused('kept: two dots after it, then a slash', '/public/x%2F../admin', 'path_dot_segment', KEEP),
  refused('kept: two dots between', '/public/x%2f..%2fadmin', 'path_dot_segment', KEEP),
  refused('kept: encoded dots beside it', '/public/x%2F%2e%2e%2Fadmin', 'path_dot_segment', KEEP),
  refused('kept: one dot before it', '/a/.%2Fb', 'path_dot_segment', KEEP),
  refused('kept: one dot after it', '/a%2F.', 'path_dot_segment', KEEP),
  refused('kept: two dots before a backslash', '/public/..%5Cadmin', 'path_dot_segment', KEEP),
  same('kept: a name that begins with two dots', '/a%2F..b', KEEP),
  normal('kept: dot segments beside it are removed', '/a%2Fb/../c', '/c', KEEP),
  normal('decoded: a slash', '/a%2Fb', '/a/b', DECODE),
  normal('decoded: lower case', '/a%2fb', '/a/b', DECODE),
  normal('decoded: a backslash is a slash', '/a%5Cb', '/a/b', DECODE),
  normal('decoded: past a prefix', '/public%2F..%2Fadmin', '/admin', DECODE),
  normal('decoded: with encoded dots', '/public%2f%2e%2e%2fadmin', '/admin', DECODE),
  normal('decoded: at the start', '/%2Fadmin', '/admin', DECODE_AND_MERGE),
  normal('decoded: at the end', '/admin%2F', '/admin/', DECODE),
  normal('decoded: several are merged', '/a%2F%2F/b', '/a/b', DECODE_AND_MERGE),
  normal('decoded: several are kept', '/a%2F%2Fb', '/a//b', DECODE),
  refused('decoded: NUL is refused all the same', '/a%2F%00', 'path_nul', DECODE),
];

const SLASHES: PathCase[] = [
  normal('Istio 2021-005, CVE-2021-31920: two slashes', '//admin', '/admin', MERGE),
  normal('three slashes', '///admin', '/admin', MERGE),
  normal('two slashes within', '/a//admin', '/a/admin', MERGE),
  normal('two slashes at the end', '/admin//', '/admin/', MERGE),
  normal('two slashes alone', '//', '/', MERGE),
  normal('many slashes', '/////', '/', MERGE),
  normal('two slashes and a host', '//evil.example/admin', '/evil.example/admin', MERGE),
  normal('two slashes and dots', '/public//../admin', '/admin', MERGE),
  normal('slashes and dots in turn', '/.//..//admin', '/admin', MERGE),
  normal('slashes hidden by a dot', '/a/./', '/a/', MERGE),
  normal('slashes that arise from dots', '/a/b/..//c', '/a/c', MERGE),
  same('kept: two slashes', '//admin'),
  same('kept: at the end', '/admin//'),
  normal('kept: dots remove an empty element', '/a//..', '/a/'),
  normal('kept: dots remove one of two', '/a//../..', '/'),
];

const REFUSED: PathCase[] = [
  refused('NUL', '/admin%00', 'path_nul'),
  refused('NUL before an extension', '/admin%00.png', 'path_nul'),
  refused('NUL in the middle', '/a%00b/c', 'path_nul'),
  refused('NUL after dots', '/..%00/admin', 'path_nul'),
  refused('NUL behind something to rewrite', '/%61%00', 'path_nul'),
  refused('a lone percent sign', '/100%', 'path_escape'),
  refused('a percent sign and one digit at the end', '/a%2', 'path_escape'),
  refused('a percent sign and one digit', '/a%2/b', 'path_escape'),
  refused('a percent sign and no digits', '/a%zz', 'path_escape'),
  refused('a second digit that is none', '/a%2g', 'path_escape'),
  refused('a sign for a digit', '/a%+1', 'path_escape'),
  refused('a space for a digit', '/a% 1', 'path_escape'),
  refused('IIS: an escape of Unicode', '/a%u002e%u002e/b', 'path_escape'),
  refused('two percent signs', '/a%%2e', 'path_escape'),
  refused('an escape cut by the query', '/a%2?x', 'path_escape'),
  refused('an escape cut by the query after one', '/a%?41', 'path_escape'),
  refused('a malformed escape behind something to rewrite', '/a/./%', 'path_escape'),
  refused('a backslash', '/public\\..\\admin', 'path_backslash'),
  refused('a backslash at the start', '/\\admin', 'path_backslash'),
  refused('a backslash at the end', '/admin\\', 'path_backslash'),
  refused('a backslash and dots', '/a/..\\b', 'path_backslash'),
  refused('a backslash behind something to rewrite', '/%61\\b', 'path_backslash'),
  refused('a backslash, even when slashes are decoded', '/a\\b', 'path_backslash', DECODE),
  refused('Istio 2021-008, CVE-2021-39156: a fragment', '/admin#', 'path_fragment'),
  refused('a fragment with text', '/admin#/public', 'path_fragment'),
  refused('a fragment at the start', '/#/admin', 'path_fragment'),
  refused('a fragment behind something to rewrite', '/a/../b#c', 'path_fragment'),
  refused('overlong dot', '/%C0%AE%C0%AE/admin', 'path_overlong'),
  refused('overlong dot in lower case', '/%c0%ae%c0%ae/admin', 'path_overlong'),
  refused('overlong slash', '/a%C0%AFb', 'path_overlong'),
  refused('overlong backslash', '/a%C1%9Cb', 'path_overlong'),
  refused('overlong NUL, as Java writes it', '/a%C0%80', 'path_overlong'),
  refused('overlong slash of three bytes', '/a%E0%80%AFb', 'path_overlong'),
  refused('overlong slash of four bytes', '/a%F0%80%80%AFb', 'path_overlong'),
  refused('overlong letter of three bytes', '/%E0%9F%BF', 'path_overlong'),
  same('the shortest of three bytes', '/%E0%A0%80'),
  same('the shortest of four bytes', '/%F0%90%80%80'),
  refused('Tomcat: two dots with a parameter', '/public/..;/admin', 'path_dot_segment'),
  refused('Tomcat: two dots with a named parameter', '/public/..;x=y/admin', 'path_dot_segment'),
  refused('Tomcat: two dots with a parameter at the end', '/public/..;', 'path_dot_segment'),
  refused('one dot with a parameter', '/public/.;/admin', 'path_dot_segment'),
  refused('encoded dots with a parameter', '/public/%2e%2e;/admin', 'path_dot_segment'),
  refused('one encoded dot with a parameter', '/public/.%2e;/admin', 'path_dot_segment'),
  refused('two dots with an encoded semicolon', '/public/..%3B/admin', 'path_dot_segment'),
  refused('two dots with an encoded semicolon in lower case', '/public/..%3b/admin', 'path_dot_segment'),
  same('three dots with a parameter are a name', '/a/...;x'),
  same('a name with a parameter', '/a/b..;x'),
  refused('a space', '/a b', 'path_character'),
  refused('a space at the end', '/admin ', 'path_character'),
  refused('a tab', '/a\tb', 'path_character'),
  refused('a line feed', '/a\nb', 'path_character'),
  refused('a carriage return', '/a\rb', 'path_character'),
  refused('a raw NUL', '/a\0b', 'path_character'),
  refused('DEL', '/a\x7fb', 'path_character'),
  refused('raw UTF-8', '/café', 'path_character'),
  refused('a raw full-width slash', '/a\uff0fb', 'path_character'),
  refused('no slash at the start', 'admin', 'target_form'),
  refused('a dot at the start', './admin', 'target_form'),
  refused('an encoded slash at the start', '%2Fadmin', 'target_form'),
  refused('a backslash instead of a slash', '\\admin', 'target_form'),
  refused('a star and more', '*/admin', 'target_form'),
];

const ESCAPES: PathCase[] = [
  normal('an encoded letter', '/%61dmin', '/admin'),
  normal('all letters encoded', '/%61%64%6D%69%6E', '/admin'),
  normal('all letters encoded, lower case', '/%61%64%6d%69%6e', '/admin'),
  normal('an encoded upper-case letter', '/%41dmin', '/Admin'),
  normal('an encoded digit', '/v%31', '/v1'),
  normal('an encoded hyphen', '/a%2Db', '/a-b'),
  normal('an encoded underscore', '/a%5Fb', '/a_b'),
  normal('an encoded tilde', '/%7Euser', '/~user'),
  normal('an encoded dot in a name', '/a%2Ehtml', '/a.html'),
  normal('lower-case digits', '/caf%c3%a9', '/caf%C3%A9'),
  normal('digits of both cases', '/caf%C3%a9', '/caf%C3%A9'),
  normal('a lower-case escaped space', '/a%2cb', '/a%2Cb'),
  normal('a quote', '/a"b', '/a%22b'),
  same('an escaped quote', '/a%22b'),
  normal('angle brackets', '/<x>', '/%3Cx%3E'),
  normal('braces and bars', '/{a|b}', '/%7Ba%7Cb%7D'),
  normal('brackets', '/a[0]', '/a%5B0%5D'),
  normal('a caret and a grave accent', '/a^`', '/a%5E%60'),
  normal('escaped line feeds stay', '/a%0a%0D', '/a%0A%0D'),
  normal('a path of nothing but escapes', '/%2D%2D', '/--'),
];

const QUERIES: PathCase[] = [
  normal('Istio 2020-001, CVE-2020-8595: a query is not of the path', '/admin?x', '/admin'),
  normal('an empty query', '/admin?', '/admin'),
  normal('a query with a path', '/public?/../admin', '/public'),
  normal('a query with an encoded slash', '/a?b=%2F', '/a'),
  normal('a query with what is malformed', '/a?%zz', '/a'),
  normal('a query with a backslash', '/a?b\\c', '/a'),
  normal('dots before a query', '/a/..?x', '/'),
  normal('a dot before a query', '/a/.?x', '/a/'),
  normal('a slash before a query', '/a/?x', '/a/'),
  normal('two question marks', '/a??', '/a'),
  normal('a query alone', '?x', '/'),
  normal('nothing', '', '/'),
  normal('the whole server', '*', '*'),
];

export const PATH_CASES: readonly PathCase[] = [
  ...ALREADY_NORMAL, ...DOT_SEGMENTS, ...DOUBLE_ENCODING, ...ENCODED_SLASHES, ...SLASHES, ...REFUSED, ...ESCAPES, ...QUERIES,
];
