/** `cdk8s-mesh explain`: its flags and help. What runs is loaded when it runs. */
import type { Command } from '../command-line/command';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'say why a request goes where it goes, and what becomes of it on the way',
  usage: '[FILE|FOLDER ...] [METHOD] URL [flags]',
  about: [
    'Says of a request, by synthesized YAML (default: the folder dist): which listener of the caller\'s sidecar takes it, which route and',
    'why, which pods may answer, and what balancing, timeouts, retries and limits apply. Nothing is sent. With --routes: all routes.',
  ].join('\n'),
  flags: {
    from: { value: 'SERVICE', help: 'who sends it: catalog, catalog.shop or catalog@v2. Default: the only service that calls this URL' },
    header: { value: 'FIELD', short: 'H', many: true, help: "header field of the request, such as 'x-beta: true'" },
    claim: { value: 'NAME=VALUE', many: true, help: 'what its token (JWT) claims, such as groups=staff, or level:=3 with a value in JSON; the token is taken for good' },
    token: { value: 'TOKEN', help: 'its token (JWT), whose claims, issuer and audience count; signature and times are not looked at' },
    'data-bytes': { value: 'N', help: 'length of its body in bytes, which decides whether it can be sent again' },
    routes: { help: 'list all routes in the order of precedence instead' },
    output: { value: 'FORMAT', short: 'o', help: 'text or json. Default: text' },
  },
  examples: [
    "cdk8s-mesh explain dist/ --from web GET 'http://catalog/search?q=x' -H 'x-beta: true'",
    'cdk8s-mesh explain dist/ --from edge GET http://shop.example.com/admin --claim groups=staff',
    'cdk8s-mesh explain --routes',
  ],
  run: async (args) => (await import('./run')).explain(args),
};
