import type { WritableMessage, WritableSegment } from '../edifact/writer.ts';
import { measurement } from './measurements.ts';
import type { RequestKind } from './traffic.ts';

/** A certificate as a participant sends it. What is empty is left out; nothing is judged, so that faults can be sent. */
export interface CertificateDraft {
  readonly kind: Exclude<RequestKind, 'query'>;
  readonly number: string;
  /** CCYYMMDD */
  readonly issueDate: string;
  readonly country: string;
  readonly programme: string;
  readonly importer: string;
  readonly lines: readonly DraftLine[];
}

export interface DraftLine {
  readonly hts: string;
  readonly unit: string;
  readonly quantity: string;
}

/** The SANCRT of the profile; parties stand in PNA, before D.97B in NAD. */
export function makeSancrt(draft: CertificateDraft, release: string): WritableMessage {
  return {
    identifier: { type: 'SANCRT', version: 'D', release, agency: 'UN' },
    segments: [
      ['BGM', '811', draft.number, functions[draft.kind]],
      ...unlessEmpty(draft.issueDate, ['DTM', ['182', draft.issueDate, '102']]),
      ...unlessEmpty(draft.country, ['LOC', '27', draft.country]),
      // A cancellation names the certificate, its date and its country, and nothing else of it.
      ...(draft.kind === 'cancel' ? [] : contents(draft, release)),
    ],
  };
}

const functions = { register: '9', replace: '5', cancel: '1' } as const;

/** Of the releases that we write. */
const partiesInNad: readonly string[] = ['96B', '97A'];

function contents({ programme, importer, lines }: CertificateDraft, release: string): WritableSegment[] {
  return [
    ...unlessEmpty(programme, ['RFF', ['ABJ', programme]]),
    ...unlessEmpty(importer, [partiesInNad.includes(release) ? 'NAD' : 'PNA', 'IM', importer]),
    ...lines.flatMap(({ hts, unit, quantity }, index): WritableSegment[] => [
      ['LIN', String(index + 1)],
      ...unlessEmpty(unit + quantity, measurement('certified', unit, quantity, release)),
      ...unlessEmpty(hts, ['PIA', '5', [hts, 'HS']]),
    ]),
  ];
}

function unlessEmpty(value: string, segment: WritableSegment): WritableSegment[] {
  return value === '' ? [] : [segment];
}
