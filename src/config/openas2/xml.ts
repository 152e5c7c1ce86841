import { parseStringPromise } from 'xml2js';
import { ConfigError } from '../config-error.ts';
import { LONGEST_XML, XML_DEPTH } from '../../limits.ts';

/** An element of a configuration file. Names are keys of maps alone, so that none can mean anything to JavaScript. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
}

/**
 * Reads XML without a document type: no entity is ever declared, so none can be expanded or fetched.
 * @throws ConfigError
 */
export async function readXml(file: string, text: string): Promise<XmlElement> {
  if (text.length > LONGEST_XML) throw fault(file, 'is too large for a configuration');
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw fault(file, 'has a document type (<!DOCTYPE …>), which is not read');
  let root: RawElement | null;
  try {
    root = (await parseStringPromise(text, OPTIONS)) as RawElement | null;
  } catch (error) {
    throw fault(
      file,
      `is not valid XML: ${error instanceof Error ? error.message.replaceAll('\n', ', ') : String(error)}`,
    );
  }
  if (root === null) throw fault(file, 'is empty');
  return elementOf(file, root, 0);
}

/** All elements of a name, at any depth. */
export function* elementsNamed(element: XmlElement, name: string): Generator<XmlElement> {
  if (element.name === name) yield element;
  for (const child of element.children) yield* elementsNamed(child, name);
}

/** Children in one list each, as they stand. */
const OPTIONS = { explicitRoot: false, explicitChildren: true, preserveChildrenOrder: true, strict: true };

interface RawElement {
  readonly '#name': string;
  readonly $?: Readonly<Record<string, string>>;
  readonly $$?: readonly RawElement[];
}

function elementOf(file: string, raw: RawElement, depth: number): XmlElement {
  if (depth > XML_DEPTH) throw fault(file, 'is nested too deeply');
  return {
    name: raw['#name'],
    attributes: new Map(Object.entries(raw.$ ?? {})),
    children: (raw.$$ ?? []).map((child) => elementOf(file, child, depth + 1)),
  };
}

function fault(file: string, message: string): ConfigError {
  return new ConfigError([
    { file, key: '', message, remedy: 'Give a config.xml or partnerships.xml of OpenAS2 or phase2.' },
  ]);
}
