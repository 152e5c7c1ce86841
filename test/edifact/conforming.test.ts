import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadDirectory } from '../../src/edifact/directory.ts';
import { allFindings } from '../../src/edifact/interchange.ts';
import { readInterchange } from '../../src/edifact/reader.ts';
import { EDIFACT_LIMITS } from '../../src/limits.ts';

const settings = { ...EDIFACT_LIMITS, directories: loadDirectory };
const folder = path.resolve(import.meta.dirname, 'samples');

interface Expected {
  readonly level: string;
  readonly segment?: number;
  readonly tag?: string;
  readonly code: number;
  readonly element?: number;
  readonly component?: number;
}

const expected = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8')) as Record<
  string,
  Expected | null
>;

describe('samples of D.97B, each with one defect or none', () => {
  for (const [file, defect] of Object.entries(expected)) {
    it(file, () => {
      const found = allFindings(readInterchange(readFileSync(path.join(folder, file)), settings));
      const told = found.map(({ level, code, segment, element, component, tag }) =>
        defect?.tag === undefined
          ? { level, segment, code: Number(code), element, component }
          : { level, tag, code: Number(code) },
      );
      const due =
        defect === null
          ? []
          : defect.tag === undefined
            ? [{ level: defect.level, segment: defect.segment, code: defect.code, element: defect.element, component: defect.component }] // prettier-ignore
            : [{ level: defect.level, tag: defect.tag, code: defect.code }];
      assert.deepEqual(told, due, found.map(({ text }) => text).join('; '));
    });
  }
});
