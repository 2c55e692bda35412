/** The published schemas of the Gateway API: the CRDs of its standard channel, out of its Go module, which the Go module proxy serves. */
import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Ajv from 'ajv';
import { Yaml } from 'cdk8s';
import type { Manifest } from '../support/manifests';

const MODULE = 'sigs.k8s.io/gateway-api@v1.6.0';

interface Schema {
  readonly properties?: Record<string, Schema>;
  readonly items?: Schema;
  additionalProperties?: Schema | boolean;
}

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

export class GatewayApiCrds {
  private readonly schemas = new Map<string, Schema>();

  static download(): GatewayApiCrds {
    const folder = mkdtempSync(join(tmpdir(), 'mesh-gateway-api-'));
    try {
      const { Dir } = JSON.parse(execFileSync('go', ['mod', 'download', '-json', MODULE], { cwd: folder, encoding: 'utf8' })) as { readonly Dir: string };
      return new GatewayApiCrds(join(Dir, 'config/crd/standard'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  private constructor(folder: string) {
    for (const file of readdirSync(folder)) {
      for (const document of Yaml.load(join(folder, file)) as (Definition | null)[]) {
        if (document?.kind !== 'CustomResourceDefinition') continue;
        const { group, names, versions } = document.spec;
        for (const { name, schema } of versions) this.schemas.set(`${group}/${name} ${names.kind}`, closed(schema.openAPIV3Schema));
      }
    }
  }

  /** Everything that is wrong with an object. A field that the schema does not know is; what CEL expressions check is not looked at. */
  mistakesOf({ metadata: _, ...object }: Manifest): string[] {
    const schema = this.schemas.get(`${object.apiVersion} ${object.kind}`);
    if (!schema) return [`the standard channel has no ${object.kind} of ${object.apiVersion}`];
    const validate = new Ajv({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
    if (validate(object)) return [];
    return validate.errors!.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`);
  }
}

/** The schema, but that unknown fields are refused, where the API server would drop them. */
function closed(schema: Schema): Schema {
  const { properties, items } = schema;
  if (properties) {
    Object.values(properties).forEach(closed);
    schema.additionalProperties ??= false;
  }
  if (items) closed(items);
  return schema;
}
