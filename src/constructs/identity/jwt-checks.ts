/** What can be wrong with an issuer of tokens. */
import { errorsOfJwt, problemOfJwks } from '../../contract';
import * as kplus from '../kubernetes/kplus';
import { checkValues } from '../props/quantities';
import { isList, isText } from '../props/texts';
import { ValidationErrors } from '../props/validation-errors';
import { Jwt, JWT_QUANTITIES, JwtOptions } from './jwt';

const TEXTS = {
  // #region generated texts of JwtConfig
  issuer: { form: /^[!-~]+$/, longest: 1_024 },
  // #endregion
};
const LISTS = {
  // #region generated lists of JwtConfig
  audiences: { least: 1, most: 16 },
  claimHeaders: { least: 0, most: 16 },
  // #endregion
};
const AUDIENCE = {
  // #region generated text of JwtAudience
  form: /^[!-~]+$/,
  longest: 1_024,
  // #endregion
};
const FIELD = {
  // #region generated text of FieldName
  form: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
  longest: 256,
  // #endregion
};
const COOKIE = {
  // #region generated text of CookieName
  form: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
  longest: 256,
  // #endregion
};
const CLAIM = {
  // #region generated texts of ClaimHeader: claim
  claim: { form: /^[!-~]+$/, longest: 256 },
  // #endregion
};
const OF_LISTENERS = {
  // #region generated lists of ListenerConfig: jwt
  jwt: { least: 1, most: 16 },
  // #endregion
};
const OPTIONS = {
  issuer: true, audiences: true, key: true, header: true, cookie: true, forward: true, claimHeaders: true, optional: true,
  clockSkew: true, maxTokenSize: true,
} as const satisfies Record<keyof JwtOptions, true>;

/** Checks all issuers of a service or a gateway. */
export function checkJwts(errors: ValidationErrors, prop: string, jwts: readonly Jwt[], namespace: string): void {
  if (!isList(OF_LISTENERS.jwt, jwts)) {
    errors.add(prop, jwts.length, `name ${OF_LISTENERS.jwt.least} to ${OF_LISTENERS.jwt.most} issuers, or leave it out`);
  }
  jwts.forEach((jwt, index) => checkJwt(errors, `${prop}[${index}]`, jwt, namespace));
  if (new Set(jwts.map(({ _options: { optional = false } }) => optional)).size > 1) {
    errors.add(`${prop}[].optional`, 'true and false', 'whether requests without a token are let in is the same for all issuers; say it of all of them, or of none');
  }
  const issuers = jwts.map(({ _options: { issuer } }) => issuer);
  const twice = issuers.find((issuer, index) => issuers.indexOf(issuer) !== index);
  if (twice !== undefined) {
    errors.add(`${prop}[].issuer`, twice, 'it is there twice; name it once, with all its audiences');
  }
}

function checkJwt(errors: ValidationErrors, prop: string, jwt: Jwt, namespace: string): void {
  const { _options: options, _path: path } = jwt;
  const before = errors.messages.length;
  errors.unknownProps(options, OPTIONS, `${prop}.`);
  const { issuer, audiences, header, cookie, claimHeaders = {} } = options;
  if (!isText(TEXTS.issuer, issuer)) {
    errors.add(`${prop}.issuer`, issuer, 'use what the tokens have in \'iss\', such as https://login.example.com/');
  }
  if (!isList(LISTS.audiences, audiences) || !audiences.every((audience) => isText(AUDIENCE, audience))) {
    errors.add(`${prop}.audiences`, audiences, `list ${LISTS.audiences.least} to ${LISTS.audiences.most} names that the tokens have in 'aud', such as ['shop']: without, tokens for other apps would be good here`);
  }
  if (header !== undefined && !isText(FIELD, header)) {
    errors.add(`${prop}.header`, header, 'use the name of a header field, such as x-token');
  }
  if (cookie !== undefined && !isText(COOKIE, cookie)) {
    errors.add(`${prop}.cookie`, cookie, 'use the name of a cookie, such as session');
  }
  for (const [claim, name] of Object.entries(claimHeaders)) {
    if (!isText(CLAIM.claim, claim) || !isText(FIELD, name)) {
      errors.add(`${prop}.claimHeaders`, `${claim}: ${String(name)}`, 'give a claim the name of a header field, such as { sub: \'x-user\' }');
    }
  }
  if (Object.keys(claimHeaders).length > LISTS.claimHeaders.most) {
    errors.add(`${prop}.claimHeaders`, Object.keys(claimHeaders).length, `use at most ${LISTS.claimHeaders.most}`);
  }
  checkValues(errors, prop, options, JWT_QUANTITIES);
  checkKeys(errors, prop, jwt, namespace);
  if (path !== undefined && (typeof path !== 'string' || !path.startsWith('/'))) {
    errors.add(`${prop}`, path, 'name the file by its whole path in the container, such as /etc/login/jwks.json');
  }
  if (errors.messages.length === before) {
    checkByContract(errors, prop, jwt);
  }
}

/** What the proxy would refuse. */
function checkByContract(errors: ValidationErrors, prop: string, jwt: Jwt): void {
  const config = jwt._toConfig();
  for (const { field, message } of errorsOfJwt({ authorization: {}, jwt: [config] })) {
    const [, , part, index] = field.split('/');
    const value = part === 'claimHeaders' ? config.claimHeaders![Number(index)].header : part === 'header' ? config.header : config.cookie;
    errors.add(`${prop}.${part}`, value, message);
  }
}

function checkKeys(errors: ValidationErrors, prop: string, { _holder: holder, _key: key }: Jwt, ownNamespace: string): void {
  if (!holder) {
    return;
  }
  const { kind, object } = holder;
  const title = kind === 'secret' ? 'Secret' : 'ConfigMap';
  if (typeof (object as { name?: unknown } | undefined)?.name !== 'string') {
    errors.add(prop, object, `give a ${title} of cdk8s-plus, such as ${title}.from${title}Name(this, 'Keys', 'login-keys')`);
    return;
  }
  const namespace = (object as Partial<kplus.ConfigMap>).metadata?.namespace;
  if (namespace !== undefined && namespace !== ownNamespace) {
    errors.add(prop, object.name, `it is in namespace '${namespace}', and pods can mount those of their own, '${ownNamespace}', only`);
  }
  const data = (object as Partial<kplus.ConfigMap>).data as Record<string, string> | undefined;
  if (kind !== 'configMap' || data === undefined || Object.keys(data).length === 0) {
    return;
  }
  const problem = data[key] === undefined ? `it has no '${key}'; name it with 'key'` : problemOfJwks(data[key]);
  if (problem !== undefined) {
    errors.add(prop, object.name, problem);
  }
}
