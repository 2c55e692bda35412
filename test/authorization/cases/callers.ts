/** Who a request comes from. */
import { prefix } from '../../routing/conformance/matches';
import type { AuthorizationGroup } from './group';

const ID = 'spiffe://cluster.local/ns/shop/sa/web';

export const CALLER_GROUPS: readonly AuthorizationGroup[] = [
  {
    name: 'no rules let nobody in (Istio: allow-nothing)',
    rules: {},
    requests: [['plain /', 'no_identity'], ['web /', 'unknown_caller'], ['web OPTIONS *', 'unknown_caller'], [`${ID} /healthz`, 'unknown_caller']],
  },
  {
    name: 'one caller, for everything',
    rules: { web: ['web'] },
    requests: [
      ['web /', 'web'], ['web POST /any/path?q', 'web'], ['web OPTIONS *', 'web'], ['cart /', 'unknown_caller'], ['plain /', 'no_identity'],
      ['spiffe://cluster.local/ns/shop/sa/web /', 'web'],
    ],
  },
  {
    name: 'identities are compared whole (CVE-2026-39350: a dot in a name is a dot)',
    rules: { dotted: ['a.b'] },
    requests: [
      ['a.b /', 'dotted'], ['axb /', 'unknown_caller'], ['a-b /', 'unknown_caller'], ['a /', 'unknown_caller'], ['a.b.c /', 'unknown_caller'], ['xa.b /', 'unknown_caller'],
      ['A.B /', 'unknown_caller'], ['a.B /', 'unknown_caller'],
    ],
  },
  {
    name: 'no part of an identity is enough',
    rules: { web: ['web'] },
    requests: [
      ['spiffe://cluster.local/ns/shop/sa/web/x /', 'unknown_caller'], ['spiffe://cluster.local/ns/shop/sa/we /', 'unknown_caller'],
      ['spiffe://cluster.local/ns/shop/sa/webb /', 'unknown_caller'], ['spiffe://cluster.local/ns/shop /', 'unknown_caller'],
      ['spiffe://cluster.local /', 'unknown_caller'], ['spiffe://cluster.local/ns/other/sa/web /', 'unknown_caller'],
      ['spiffe://cluster.local/ns/shop/sa/web/ /', 'unknown_caller'], ['spiffe://cluster.local/ns//shop/sa/web /', 'unknown_caller'],
    ],
  },
  {
    name: 'another trust domain is another caller (B.4, A.2)',
    rules: { web: ['web'] },
    requests: [
      ['spiffe://other.example/ns/shop/sa/web /', 'unknown_caller'], ['spiffe://cluster.local.evil/ns/shop/sa/web /', 'unknown_caller'],
      ['spiffe://xcluster.local/ns/shop/sa/web /', 'unknown_caller'], ['spiffe://CLUSTER.LOCAL/ns/shop/sa/web /', 'unknown_caller'],
      ['spiffe://cluster/ns/shop/sa/web /', 'unknown_caller'],
    ],
  },
  {
    name: 'nothing hides behind a NUL or an escape (CVE-2025-66220, CVE-2026-47778)',
    rules: { web: ['web'] },
    requests: [
      [`${ID}\0 /`, 'unknown_caller'], [`${ID}\0.evil.example /`, 'unknown_caller'], [`${ID}%00 /`, 'unknown_caller'],
      ['spiffe://cluster.local/ns/shop/sa/%77eb /', 'unknown_caller'], ['spiffe://cluster.local/ns/shop/sa/x/../web /', 'unknown_caller'],
      ['SPIFFE://cluster.local/ns/shop/sa/web /', 'unknown_caller'],
    ],
  },
  {
    name: 'names are not names of objects',
    rules: { web: ['web'] },
    requests: [['__proto__ /', 'unknown_caller'], ['constructor /', 'unknown_caller'], ['spiffe://toString /', 'unknown_caller']],
  },
  {
    name: 'several callers of a rule are ORed, as are rules (Istio: source, rules)',
    rules: { readers: ['web cart', prefix('/read')], writers: ['admin', prefix('/write')] },
    requests: [
      ['web /read', 'readers'], ['cart /read/x', 'readers'], ['admin /write', 'writers'], ['web /write', 'no_match'], ['cart /write', 'no_match'], ['admin /read', 'no_match'],
      ['other /read', 'unknown_caller'], ['plain /read', 'no_identity'],
    ],
  },
  {
    name: 'any caller with an identity (Linkerd: all-authenticated, Istio: principals *)',
    rules: { all: ['*'] },
    requests: [
      ['web /', 'all'], ['spiffe://other.example/ns/x/sa/y /', 'all'], ['plain /', 'no_identity'], ['plain OPTIONS *', 'no_identity'],
    ],
  },
  {
    name: 'requests without an identity (Linkerd: all-unauthenticated)',
    rules: { anybody: ['plain', prefix('/public')] },
    requests: [['plain /public', 'anybody'], ['plain /private', 'no_match'], ['web /public', 'unknown_caller']],
  },
  {
    name: 'with and without an identity, when both are said',
    rules: { public: ['* plain', prefix('/public')], own: ['web plain', prefix('/own')] },
    requests: [
      ['plain /public', 'public'], ['web /public', 'public'], ['cart /public', 'public'], ['web /own', 'own'], ['plain /own', 'own'], ['cart /own', 'no_match'], ['plain /x', 'no_match'],
    ],
  },
  {
    name: 'a caller by name has the rules for all besides its own',
    rules: { all: ['*', prefix('/public')], admin: ['admin', prefix('/admin')] },
    requests: [
      ['admin /public', 'all'], ['admin /admin', 'admin'], ['web /public', 'all'], ['web /admin', 'no_match'], ['admin /x', 'no_match'], ['plain /public', 'no_identity'],
    ],
  },
  {
    name: 'of several rules the one with the most specific match is told',
    rules: { wide: ['*'], narrow: ['web', prefix('/a')], narrower: ['web', prefix('/a/b')] },
    requests: [['web /', 'wide'], ['web /a', 'narrow'], ['web /a/b/c', 'narrower'], ['cart /a/b', 'wide']],
  },
];
