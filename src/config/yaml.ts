import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument, type Document, type YAMLError } from 'yaml';
import { LONGEST_YAML } from '../limits.ts';
import { ConfigError, type Problem } from './config-error.ts';

/** A YAML file, with the line of everything in it. */
export interface YamlFile {
  readonly file: string;
  readonly value: unknown;
  /** The line of a key, or of the nearest thing above it that is there; the first one when nothing is. */
  lineOf(path: readonly PropertyKey[]): number;
}

const MAX_FAULTS = 10;

/**
 * Reads one YAML 1.2 document without tags and aliases.
 * @throws ConfigError
 */
export function readYaml(file: string, text: string): YamlFile {
  if (text.length > LONGEST_YAML) throw new ConfigError([fault(file, `is longer than ${LONGEST_YAML / 1024} KiB`)]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const faults = [...document.errors, ...document.warnings].slice(0, MAX_FAULTS);
  if (faults.length > 0)
    throw new ConfigError(faults.map((each) => fault(file, describe(each), lines.linePos(each.pos[0]).line)));
  return { file, value: valueOf(file, document), lineOf: (path) => lineOf(document, lines, path) };
}

function valueOf(file: string, document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 }) as unknown;
  } catch (error) {
    throw new ConfigError([fault(file, 'uses an alias (`*name`); write the value out')], { cause: error });
  }
}

function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let at = (isNode(node) ? node.range?.[0] : undefined) ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) break;
      if (isNode(pair.key)) at = pair.key.range?.[0] ?? at;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      if (isNode(node)) at = node.range?.[0] ?? at;
    }
  }
  return lines.linePos(at).line;
}

function describe({ code, message }: YAMLError): string {
  if (code === 'RESOURCE_EXHAUSTION') return 'is nested too deeply';
  if (code === 'NON_STRING_KEY') return 'has a key that is no text';
  return `is not valid YAML: ${message.replace(/\.$/, '')}`;
}

function fault(file: string, message: string, line?: number): Problem {
  return { file, line, key: '', message, remedy: 'Correct the file.' };
}
