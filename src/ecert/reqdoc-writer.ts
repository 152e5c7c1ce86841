import type { WritableMessage, WritableSegment } from '../edifact/writer.ts';

/** A query as a participant sends it. What is empty is left out; nothing is judged, so that faults can be sent. */
export interface QueryDraft {
  readonly number: string;
  /** CCYYMMDD */
  readonly date: string;
  readonly from: string;
  readonly to: string;
  /** UNB 0004 of the sender. */
  readonly requester: string;
  /** Code: 10, 11 or 12. */
  readonly condition: string;
  readonly certificates: readonly string[];
}

/** The REQDOC of the profile. Its segments are alike in all releases from D.96B. */
export function makeReqdoc(draft: QueryDraft, release: string): WritableMessage {
  const day = (qualifier: string, date: string): WritableSegment[] =>
    date === '' ? [] : [['DTM', [qualifier, date, '102']]];
  return {
    identifier: { type: 'REQDOC', version: 'D', release, agency: 'UN' },
    segments: [
      ['BGM', '21', draft.number, '13'],
      ['DOC', '811'],
      ...day('137', draft.date),
      ...day('155', draft.from),
      ...day('156', draft.to),
      ['NAD', 'FR', draft.requester],
      ['LIN', '1'],
      ...(draft.condition === '' ? [] : [['GIS', draft.condition] as const]),
      ...draft.certificates.map((number): WritableSegment => ['RFF', ['EX', number]]),
    ],
  };
}
