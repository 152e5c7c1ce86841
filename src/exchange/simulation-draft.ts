import { dayAt } from '../ecert/calendar.ts';
import { makeReqdoc } from '../ecert/reqdoc-writer.ts';
import { makeSancrt } from '../ecert/sancrt-writer.ts';
import type { Scenario, ScenarioCertificate, ScenarioStep } from '../config/scenario.ts';
import type { Party } from '../edifact/interchange.ts';
import type { WritableMessage, WritableSegment } from '../edifact/writer.ts';

/** The numbers of a run: one for each name of the scenario. */
export interface Numbers {
  numberOf(certificate: { readonly as: string } & Partial<Pick<ScenarioCertificate, 'number' | 'country'>>): string;
}

/** @param serial of the first number, below a million; each further name gets the next */
export function numbersFrom(serial: number, scenario: Scenario, now: Date): Numbers {
  const known = new Map<string, string>();
  return {
    numberOf({ as, number, country = scenario.certificate.country }) {
      const made = known.get(as) ?? number ?? filled(scenario.number, country, serial + known.size, now);
      known.set(as, made);
      return made;
    },
  };
}

function filled(form: string, country: string, serial: number, now: Date): string {
  return form
    .replaceAll('{year}', dayAt(now, 0).slice(3, 4))
    .replaceAll('{country}', country)
    .replaceAll('{serial}', String(serial % 1_000_000).padStart(6, '0'));
}

/** What a step is filled in from. */
export interface Drafting {
  readonly scenario: Scenario;
  readonly numbers: Numbers;
  readonly sender: Party;
}

/** What a step sends. */
export function messagesOf(
  step: ScenarioStep,
  { scenario, numbers, sender }: Drafting,
  release: string,
  now: Date,
): WritableMessage[] {
  const day = dayAt(now, 0).replaceAll('-', '');
  if (step.query !== undefined) {
    const { number = numbers.numberOf({ as: `query ${step.name}` }), certificates, ...rest } = step.query;
    const asked = certificates.map((as) => numbers.numberOf({ as }));
    return [makeReqdoc({ ...rest, number, date: day, requester: sender.id, certificates: asked }, release)];
  }
  return step.certificates.map((certificate) => {
    const number = numbers.numberOf(certificate);
    const { segments } = certificate;
    if (segments !== undefined) {
      const fill = (text: string) => text.replaceAll('{number}', number).replaceAll('{day}', day);
      const identifier = { type: 'SANCRT', version: 'D', release, agency: 'UN' };
      return { identifier, segments: segments.map((text) => segmentOf(fill(text))) };
    }
    return makeSancrt(
      { ...contentsOf(certificate, scenario), number, issueDate: certificate.issueDate ?? day },
      release,
    );
  });
}

function contentsOf(certificate: ScenarioCertificate, { certificate: usual }: Scenario) {
  const { kind, country, programme, importer, lines: own, hts, unit, quantity } = certificate;
  const [first, ...others] = own ?? usual.lines;
  const lines = first && [
    { hts: hts ?? first.hts, unit: unit ?? first.unit, quantity: quantity ?? first.quantity },
    ...others,
  ];
  return {
    kind,
    country: country ?? usual.country,
    programme: programme ?? usual.programme,
    importer: importer ?? usual.importer,
    lines: lines ?? [],
  };
}

/** Without release characters: a scenario has no use for them. */
function segmentOf(text: string): WritableSegment {
  const [tag = '', ...elements] = text.split('+');
  return [tag, ...elements.map((element) => element.split(':'))];
}
