import { readFileSync } from 'node:fs';
import path from 'node:path';

import { type CodeTable, codeTable } from './code-table.ts';

/**
 * The codes of a list outside of the directories, such as ISO 4217, that the values of an element come from; undefined
 * where there is none here. The lists are those of today: of what was withdrawn since the directory was made they have only
 * what is still in use.
 */
export function externalList(element: string): CodeTable | undefined {
  lists ??= read();
  const name = lists.elements[element];
  if (name === undefined) return undefined;
  const table = tables.get(name) ?? codeTable(Object.keys(lists[name] as Readonly<Record<string, unknown>>));
  tables.set(name, table);
  return table;
}

interface Lists extends Readonly<Record<string, unknown>> {
  /** Which of the lists belongs to which element. */
  readonly elements: Readonly<Record<string, string>>;
}

let lists: Lists | undefined;
const tables = new Map<string, CodeTable>();
const file = path.resolve(import.meta.dirname, '../../reference/edifact/external-codes.json');

function read(): Lists {
  return JSON.parse(readFileSync(file, 'utf8')) as Lists;
}
