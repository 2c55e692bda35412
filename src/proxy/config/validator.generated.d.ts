/** The validator that scripts/build.mjs compiles from schema/proxy-config.v1.json. */
declare function validate(document: unknown): boolean;

declare namespace validate {
  /** What was wrong in the last call; null when nothing was. */
  let errors: SchemaError[] | null;

  interface SchemaError {
    readonly keyword: string;
    readonly instancePath: string;
    readonly params: Record<string, unknown>;
    readonly message?: string;
    readonly data: unknown;
    readonly parentSchema?: { readonly oneOf?: { readonly properties: { readonly type: { readonly const: string } } }[] };
  }
}

export = validate;
