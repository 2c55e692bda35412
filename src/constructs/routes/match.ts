/**
 * Conditions of requests, as a user names them: one factory for each kind. A `Match` only keeps what it was given; `route-checks.ts` judges
 * it together with the others of its route, so that one message tells all that is wrong.
 */
import { IConstruct } from 'constructs';
import { PathMatch, ValueMatch } from '../../contract';
import { mark } from '../synthesis/copies';
import { Condition } from './condition';
import { GrpcMatchOptions } from './route-options';

/**
 * A condition of a request. All conditions that one `Route.when` gets must hold.
 */
export class Match {
  /**
   * The whole path, without the query.
   *
   * @param path such as `/health`
   */
  public static pathExact(path: string): Match {
    return new Match({ said: said('pathExact', path), kind: 'path', path: { type: 'exact', value: path } });
  }

  /**
   * A path that begins with these elements: `/search` matches `/search`, `/search/` and `/search/all`, but not `/searches`.
   *
   * @param path such as `/search`
   */
  public static pathPrefix(path: string): Match {
    return new Match({ said: said('pathPrefix', path), kind: 'path', path: { type: 'prefix', value: path } });
  }

  /**
   * A regular expression for the whole path, in the syntax of RE2. It takes linear time, whatever the path.
   *
   * @param pattern such as `/items/[0-9]+`
   */
  public static pathRegex(pattern: string): Match {
    return new Match({ said: said('pathRegex', pattern), kind: 'path', path: { type: 'regex', value: pattern } });
  }

  /**
   * The method.
   *
   * @param method in upper case, such as `GET`
   */
  public static method(method: string): Match {
    return new Match({ said: said('method', method), kind: 'method', method });
  }

  /**
   * A header field.
   *
   * @param name name of the field, in any case
   * @param value the whole value; any value if left out
   */
  public static header(name: string, value?: string): Match {
    return new Match({ said: said('header', name, value), kind: 'headers', value: valueMatch(name, { value }) });
  }

  /**
   * A header field whose whole value matches a regular expression, in the syntax of RE2.
   */
  public static headerRegex(name: string, pattern: string): Match {
    return new Match({ said: said('headerRegex', name, pattern), kind: 'headers', value: { name, regex: pattern } });
  }

  /**
   * A query parameter. Names and values are compared decoded.
   *
   * @param name name of the parameter
   * @param value the whole value; any value if left out
   */
  public static query(name: string, value?: string): Match {
    return new Match({ said: said('query', name, value), kind: 'query', value: valueMatch(name, { value }) });
  }

  /**
   * A query parameter whose whole value matches a regular expression, in the syntax of RE2.
   */
  public static queryRegex(name: string, pattern: string): Match {
    return new Match({ said: said('queryRegex', name, pattern), kind: 'query', value: { name, regex: pattern } });
  }

  /**
   * A cookie.
   *
   * @param name name of the cookie
   * @param value the whole value; any value if left out
   */
  public static cookie(name: string, value?: string): Match {
    return new Match({ said: said('cookie', name, value), kind: 'cookies', value: valueMatch(name, { value }) });
  }

  /**
   * A cookie whose whole value matches a regular expression, in the syntax of RE2.
   */
  public static cookieRegex(name: string, pattern: string): Match {
    return new Match({ said: said('cookieRegex', name, pattern), kind: 'cookies', value: { name, regex: pattern } });
  }

  /**
   * A claim of the request's token: the claim is this text, or a list that has it; of `scope`, each word counts. A request without a good token
   * has no claims. For routes of a gateway with `jwt`, its `allow`, and `allow` of calls to a service with `jwt`.
   *
   * @param name name of the claim, such as `groups`; `iss` is in every good token
   * @param value the whole value; any text if left out
   */
  public static claim(name: string, value?: string): Match {
    return new Match({ said: said('claim', name, value), kind: 'claims', claim: valueMatch(name, { value }) });
  }

  /**
   * A claim of the request's token, one of whose values matches a regular expression as a whole, in the syntax of RE2.
   */
  public static claimRegex(name: string, pattern: string): Match {
    return new Match({ said: said('claimRegex', name, pattern), kind: 'claims', claim: { name, regex: pattern } });
  }

  /**
   * A claim within others: it is this text, or a list that has it. A dot in a name is part of the name.
   *
   * @param path the names that lead to it, the outermost first, such as `['realm_access', 'roles']`. From 1 to 8
   * @param value the whole value; any text if left out
   */
  public static claimPath(path: string[], value?: string): Match {
    return new Match({ said: said('claimPath', path, value), kind: 'claims', claim: { path, ...(value !== undefined && { value }) } });
  }

  /**
   * A claim within others, one of whose values matches a regular expression as a whole, in the syntax of RE2.
   */
  public static claimPathRegex(path: string[], pattern: string): Match {
    return new Match({ said: said('claimPathRegex', path, pattern), kind: 'claims', claim: { path, regex: pattern } });
  }

  /**
   * A claim that is this number, or a list that has it. The text '3' is not the number 3.
   *
   * @param path the names that lead to it, such as `['level']`. From 1 to 8
   * @param value a whole number of at most 2^53 - 1: readers of tokens round larger ones, and fractions
   */
  public static claimNumber(path: string[], value: number): Match {
    return new Match({ said: said('claimNumber', path, value), kind: 'claims', claim: { path, number: value } });
  }

  /**
   * A claim that is true, or false, or a list that has it. The text 'true' is not the boolean.
   *
   * @param path the names that lead to it, such as `['email_verified']`. From 1 to 8
   */
  public static claimBoolean(path: string[], value: boolean): Match {
    return new Match({ said: said('claimBoolean', path, value), kind: 'claims', claim: { path, boolean: value } });
  }

  /**
   * The host that the request is for, any of these. The port does not count. `*.example.com` is any name below `example.com`.
   */
  public static host(...hosts: string[]): Match {
    return new Match({ said: said('host', ...hosts), kind: 'hosts', hosts });
  }

  /**
   * The service that the request comes from, any of these. Known at synthesis: such a route is in the configuration of these callers only.
   * For a condition that a client can't get around, use the policies of the service that is called.
   *
   * @param callers each a `MeshService`, one of its versions, or a `MeshSidecar`
   */
  public static caller(...callers: IConstruct[]): Match {
    return new Match({ said: `Match.caller(${callers.map(idOf).join(', ')})`, kind: 'callers', callers });
  }

  /**
   * A gRPC service, a gRPC method, or one method of one service.
   */
  public static grpc(options: GrpcMatchOptions): Match {
    const { service, method } = options ?? {};
    const names = Object.entries({ service, method }).filter(([, name]) => name !== undefined).map(([key, name]) => `${key}: '${String(name)}'`);
    return new Match({ said: `Match.grpc({ ${names.join(', ')} })`, kind: 'grpc', path: grpcPath(service, method), options });
  }

  /** @internal */
  public readonly _condition: Condition;

  private constructor(condition: Condition) {
    this._condition = condition;
  }
}

mark(Match);

function valueMatch(name: string, { value }: { readonly value?: string }): ValueMatch {
  return { name, ...(value !== undefined && { value }) };
}

/** The path of a gRPC request is `/service/method`. */
function grpcPath(service: string | undefined, method: string | undefined): PathMatch {
  if (service === undefined) {
    return { type: 'regex', value: `/[^/]+/${method}` };
  }
  return method === undefined ? { type: 'prefix', value: `/${service}` } : { type: 'exact', value: `/${service}/${method}` };
}

/** As its author wrote it. In JavaScript, values need not be texts. */
function said(factory: string, ...values: unknown[]): string {
  return `Match.${factory}(${values.filter((value) => value !== undefined).map(literal).join(', ')})`;
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : Array.isArray(value) ? `[${value.map(literal).join(', ')}]` : String(value);
}

function idOf(construct: IConstruct | undefined): string {
  return construct?.node?.id ?? String(construct);
}
