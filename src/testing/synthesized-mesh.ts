/** Reads a stack from whatever a test has of it, and asks it about requests. */
import { parseAllDocuments } from 'yaml';
import { AskedRequest, Header } from '../cli/explain/asked-request';
import { AskedToken } from '../cli/explain/asked-token';
import { Explanation, explainRequest } from '../cli/explain/explanation';
import { renderExplanation } from '../cli/explain/render';
import { renderRoutes, routesOf } from '../cli/explain/routes';
import { UserError } from '../cli/command-line/errors';
import { Manifest, manifestsOf, readManifests } from '../cli/model/manifests';
import { Stack } from '../cli/stack/stack';
import { plain } from '../cli/terminal/table';
import type { MeshSource, MeshUnderTest, RequestExpectation, RequestOptions, ServiceName } from './api';
import { ExplainedRequest } from './explained-request';
import { nameOf } from './service-names';

export class SynthesizedMesh implements MeshUnderTest {
  private readonly stack: Stack;

  constructor(source: MeshSource) {
    this.stack = Stack.of(manifestsFrom(source), typeof source === 'string' ? source : 'what was synthesized');
  }

  expectRequest(from: ServiceName, request: string, options: RequestOptions = {}): RequestExpectation {
    return new ExplainedRequest(this.ask(from, request, options), this.stack);
  }

  routes(): string {
    return renderRoutes(routesOf(this.stack, this.stack.model.workloads), plain).join('\n');
  }

  explain(from: ServiceName, request: string, options: RequestOptions = {}): string {
    return renderExplanation(this.ask(from, request, options)).join('\n');
  }

  private ask(from: ServiceName, request: string, options: RequestOptions): Explanation {
    checkOptions(options);
    const { headers = {}, bodyBytes = 0, claims } = options;
    const [first, second] = request.trim().split(/\s+(.*)/s) as [string, string?];
    const fields = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value): Header => [name, value]));
    const asked = new AskedRequest({ method: second ? first : 'GET', url: second || first, headers: fields, bodyBytes, token: claims && AskedToken.of(claims) });
    return explainRequest(this.stack, this.stack.workloadsNamed(nameOf(from), 'expectRequest')[0]!, asked);
  }
}

/** In JavaScript, a slip in an option would leave the request without it. */
function checkOptions(options: RequestOptions): void {
  const unknown = Object.keys(options).find((name) => !['headers', 'bodyBytes', 'claims'].includes(name));
  if (unknown !== undefined) throw new UserError(`'${unknown}' is not an option of a request; use headers, bodyBytes or claims`);
  const { headers = {} } = options;
  if (typeof headers !== 'object' || Array.isArray(headers)) throw new UserError("headers must be an object, such as { 'x-beta': 'true' }");
}

function manifestsFrom(source: MeshSource): Manifest[] {
  if (typeof source === 'string') return readManifests([source]);
  if (Array.isArray(source)) return manifestsOf(source, 'object');
  if ('synthYaml' in source) {
    // Only the app knows the objects of all its charts in the order in which they are written.
    const objects = parseAllDocuments(String(source.synthYaml())).map((document) => document.toJS() as unknown);
    return manifestsOf(objects.filter((object) => object !== null), 'object');
  }
  return manifestsOf((source as { toJson(): unknown[] }).toJson(), 'object');
}
