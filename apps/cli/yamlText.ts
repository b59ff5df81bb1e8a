/** Plain data as YAML 1.2, blocks indented by two: lists and maps of texts, numbers and the like; no comments, anchors or types. */

export type YamlValue =
  | string
  | number
  | boolean
  | null
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue | undefined };

/** Texts and keys are quoted as in JSON, which YAML reads alike; entries that are undefined are left out. */
export function yamlText(value: YamlValue): string {
  return `${block(value, '').join('\n')}\n`;
}

function block(value: YamlValue, indent: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${indent}${JSON.stringify(value)}`];
  if (isList(value)) {
    if (value.length === 0) return [`${indent}[]`];
    return value.flatMap((item) => {
      const [first = '', ...rest] = block(item, `${indent}  `);
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
    });
  }
  const entries = Object.entries(value).filter((entry): entry is [string, YamlValue] => entry[1] !== undefined);
  if (entries.length === 0) return [`${indent}{}`];
  return entries.flatMap(([key, item]) => {
    const name = `${indent}${/^[a-z_][a-z0-9_]*$/.test(key) ? key : JSON.stringify(key)}:`;
    const isBlock = typeof item === 'object' && item !== null && Object.keys(item).length > 0;
    return isBlock ? [name, ...block(item, `${indent}  `)] : [`${name} ${block(item, '')[0]}`];
  });
}

function isList(value: object): value is readonly YamlValue[] {
  return Array.isArray(value);
}
