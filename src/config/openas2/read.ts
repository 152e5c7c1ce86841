import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { elementsNamed, readXml, type XmlElement } from './xml.ts';

/** What OpenAS2 and phase2 know, before anything of it is judged. */
export interface OpenAs2 {
  readonly parties: ReadonlyMap<string, Party>;
  readonly partnerships: readonly Partnership[];
  readonly keystore: { readonly file?: string | undefined; readonly password?: string | undefined };
  /** Keys of `<properties>` and kinds of `<module>`, to tell of those that are not taken over. */
  readonly properties: readonly string[];
  readonly modules: readonly string[];
}

export interface Party {
  readonly name: string;
  readonly as2Id: string;
  readonly alias: string | undefined;
  readonly fallbackAlias: string | undefined;
  readonly email: string | undefined;
}

/** One direction. */
export interface Partnership {
  readonly name: string;
  /** Names of parties. */
  readonly sender: string;
  readonly receiver: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly polled: boolean;
}

/**
 * Reads `config.xml` with the partnerships that it names, or `partnerships.xml` alone.
 * @throws ConfigError, or what the file system says
 */
export async function readOpenAs2(file: string): Promise<OpenAs2> {
  const home = path.dirname(path.resolve(file));
  const root = await readXml(file, await readFile(file, 'utf8'));
  const properties = await propertiesOf(root, home);
  const expand = (text: string): string =>
    text
      .replace(/\$properties\.([\w.-]+)\$/g, (whole, key: string) => properties.get(key) ?? whole)
      .replaceAll('%home%', home);
  const attribute = (element: XmlElement | undefined, name: string): string | undefined => {
    const value = element?.attributes.get(name);
    return value === undefined ? undefined : expand(value);
  };

  const [certificates] = elementsNamed(root, 'certificates');
  const [reference] = elementsNamed(root, 'partnerships');
  const elsewhere =
    root.name === 'partnerships'
      ? undefined
      : (attribute(reference, 'filename') ?? expandValue(properties.get('partnership_file'), expand));
  const source = elsewhere === undefined ? root : await readXml(elsewhere, await readFile(elsewhere, 'utf8'));
  return {
    ...partiesOf(source, expand),
    keystore: {
      file: attribute(certificates, 'filename') ?? expandValue(properties.get('as2_keystore'), expand),
      password: attribute(certificates, 'password') ?? properties.get('as2_keystore_password'),
    },
    properties: [...properties.keys()],
    modules: [...elementsNamed(root, 'module')].map((module) => module.attributes.get('classname') ?? 'module'),
  };
}

const expandValue = (value: string | undefined, expand: (text: string) => string): string | undefined =>
  value === undefined ? undefined : expand(value);

/** Of `<properties>`, with `openas2.properties` beside the file over them. */
async function propertiesOf(root: XmlElement, home: string): Promise<ReadonlyMap<string, string>> {
  const [element] = elementsNamed(root, 'properties');
  const overrides = await readFile(path.join(home, 'openas2.properties'), 'utf8').catch(() => '');
  const lines = overrides.matchAll(/^[ \t]*([^#!\s=:]+)[ \t]*[=:][ \t]*(.*?)[ \t\r]*$/gm);
  return new Map([
    ...(element?.attributes ?? []),
    ...[...lines].map(([, key = '', value = '']) => [key, value] as const),
  ]);
}

function partiesOf(root: XmlElement, expand: (text: string) => string): Pick<OpenAs2, 'parties' | 'partnerships'> {
  const parties = new Map<string, Party>();
  for (const { attributes } of elementsNamed(root, 'partner')) {
    const name = attributes.get('name') ?? attributes.get('as2_id') ?? '';
    parties.set(name, partyOf(name, attributes));
  }
  const partnerships = [...elementsNamed(root, 'partnership')].map((element): Partnership => {
    const side = (role: string): string => {
      const [found] = element.children.filter((child) => child.name === role);
      const own = found?.attributes ?? new Map<string, string>();
      const name = own.get('name') ?? own.get('as2_id') ?? '';
      // A party may be written out where it is used.
      if (!parties.has(name)) parties.set(name, partyOf(name, own));
      return name;
    };
    const given = element.children
      .filter((child) => child.name === 'attribute')
      .map(({ attributes }) => [attributes.get('name') ?? '', attributes.get('value') ?? ''] as const);
    const attributes = new Map(given);
    const expanded = [...attributes].map(
      ([name, value]) =>
        [
          name,
          expand(value).replace(/\$attribute\.([\w.-]+)\$/g, (whole, key: string) => attributes.get(key) ?? whole),
        ] as const,
    );
    return {
      name: element.attributes.get('name') ?? '',
      sender: side('sender'),
      receiver: side('receiver'),
      attributes: new Map(expanded),
      polled: element.children.some((child) => child.name === 'pollerConfig'),
    };
  });
  return { parties, partnerships };
}

function partyOf(name: string, attributes: ReadonlyMap<string, string>): Party {
  return {
    name,
    as2Id: attributes.get('as2_id') ?? '',
    alias: attributes.get('x509_alias'),
    fallbackAlias: attributes.get('x509_alias_fallback'),
    email: attributes.get('email'),
  };
}
