/** Whether certificates lead to roots: what OpenSSL says of a peer that shows them. */
import { issue, makeIssuer, makeRoot } from '../../../src/authority';
import { MAX_CHAIN, problemOfChain } from '../../../src/proxy/tls/own-chain';
import { DOMAIN, idOf } from '../../support/identities';

const now = { now: Date.now() };
const root = makeRoot(DOMAIN, now, 'root');
const issuer = makeIssuer(root, now, 'issuer');
const leafOf = (by = issuer): string => {
  const { certificate } = issue(by, idOf('web'), now);
  return certificate.slice(0, certificate.indexOf('-----END') + 26);
};
const leaf = leafOf();

test.each<[string, string, readonly string[]]>([
  ['its issuer is behind it', leaf + issuer.certificate, [root.certificate]],
  ['its issuer is in the bundle', leaf, [issuer.certificate]],
  ['the root has signed it', leafOf(root), [root.certificate]],
  ['others are behind it, in any order', leaf + makeRoot(DOMAIN, now, 'other').certificate + root.certificate + issuer.certificate, [root.certificate]],
  ['the bundle has others, too', leaf + issuer.certificate, [makeRoot(DOMAIN, now, 'other').certificate, root.certificate]],
])('a certificate leads to a root, given that %s', (_, chain, roots) => {
  expect(problemOfChain(chain, roots)).toBeUndefined();
});

test.each<[string, string, readonly string[], RegExp]>([
  ['its issuer is missing', leaf, [root.certificate], /^it leads to '.*issuer.*', and there is '.*root.*'$/],
  ['the root is another one', leaf + issuer.certificate, [makeRoot(DOMAIN, now, 'other').certificate], /^it leads to '.*root.*', and there is '.*other.*'$/],
  ['the root has the same name and another key', leaf + issuer.certificate, [makeRoot(DOMAIN, now, 'root').certificate], /^it leads to '.*root.*', and there is '.*root.*'$/],
  ['what is behind it is broken', `${leaf}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`, [root.certificate], /can't be read/],
  ['its issuer is far behind', leaf + makeRoot(DOMAIN, now, 'other').certificate.repeat(MAX_CHAIN) + issuer.certificate, [root.certificate], /leads to '.*issuer/],
])('a certificate does not, given that %s', (_, chain, roots, problem) => {
  expect(problemOfChain(chain, roots)).toMatch(problem);
});
