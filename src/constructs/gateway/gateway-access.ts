/** Who may ask for what at a gateway: tokens of clients, and what they may be used for. */
import { ListenerConfig } from '../../contract';
import { PathOptions } from '../../routing';
import { DestinationInfo } from '../destinations/destination-info';
import { checkAllowed } from '../identity/allow-checks';
import { Authorization } from '../identity/authorization';
import { checkJwts } from '../identity/jwt-checks';
import { needsToken } from '../identity/token-needs';
import { clientRules } from '../identity/token-rules';
import { ValidationErrors } from '../props/validation-errors';
import { GatewayProps } from './gateway-props';

/** What its listeners say of it; nothing where everybody may ask for everything. */
export function accessConfig(
  { jwt, allow, authorization = Authorization.enforce(), externalAuthorization }: GatewayProps, namespace: string,
): Pick<ListenerConfig, 'jwt' | 'authorization' | 'externalAuthorization'> {
  const external = externalAuthorization && { externalAuthorization: externalAuthorization._toConfig({ namespace, healthPaths: [] }) };
  if (!jwt && !allow) {
    return { ...external };
  }
  return { ...external, authorization: clientRules(authorization, jwt ?? [], allow), ...(jwt && { jwt: jwt.map((each) => each._toConfig()) }) };
}

export function checkAccess(
  errors: ValidationErrors, { jwt, allow, authorization, externalAuthorization }: GatewayProps, namespace: string, path: PathOptions,
): void {
  externalAuthorization?._check(errors, 'externalAuthorization');
  if (jwt) {
    checkJwts(errors, 'jwt', jwt, namespace);
  }
  if (allow) {
    checkAllowed(errors, 'allow', allow, path, jwt !== undefined);
  }
  if (!authorization) {
    return;
  }
  authorization._check(errors, 'authorization');
  if (!jwt && !allow) {
    errors.add('authorization', authorization, 'nothing is refused without \'jwt\' or \'allow\'; give the gateway one of them, or leave this out');
  }
  if (authorization._options.callers) {
    errors.add('authorization.callers', authorization._options.callers, 'clients of a gateway have no identity of the mesh; leave it out');
  }
}

/** A token that ends here is missing where a service behind asks for it. */
export function checkTokensPass(errors: ValidationErrors, { jwt = [] }: GatewayProps, services: readonly Pick<DestinationInfo, 'name' | 'jwt'>[]): void {
  const names = services.filter((service) => service.jwt && needsToken(service.jwt)
    && jwt.some(({ _options: own }) => !own.forward && service.jwt!.some(({ _options: { issuer } }) => issuer === own.issuer)));
  for (const name of new Set(names.map((service) => service.name))) {
    errors.add('jwt[].forward', false, `'${name}' asks for the same tokens, and would get none; set it to true, or leave 'jwt' of '${name}' out`);
  }
}
