import { type Day, dayOf } from './calendar.ts';
import { type Breach, type JudgementContext, today } from './judgement.ts';
import type { Programme } from './reference.ts';
import type { CertificateRequest } from './sancrt.ts';
import type { RequestKind } from './traffic.ts';

/** Test and production never mix (0035), and the stage of the sender says which of them is open to it. */
export function judgeEnvironment({ environment, testIndicator, sender }: JudgementContext, breach: Breach): void {
  if (environment === 'test' && !testIndicator) breach('production-in-test');
  if (environment === 'production' && testIndicator) breach('test-in-production');
  if (environment === 'production' && !testIndicator && sender.stage !== 'production') {
    breach('not-certified-for-production');
  }
  if (environment === 'test' && sender.stage === 'link-test') breach('in-link-test');
}

export type CertificateKind = Exclude<RequestKind, 'query'>;

const kinds = new Map<string, CertificateKind>([
  ['9', 'register'],
  ['5', 'replace'],
  ['1', 'cancel'],
]);

/** What a certificate asks for (BGM 1225); undefined when it cannot be told. */
export function kindOf({ function: code }: CertificateRequest): CertificateKind | undefined {
  return kinds.get(code ?? '');
}

const exportLicence = '811';

export function judgeKind(request: CertificateRequest, breach: Breach): CertificateKind | undefined {
  if (request.document !== exportLicence) breach('document-unknown');
  const kind = kindOf(request);
  if (kind === undefined) breach('function-unknown');
  return kind;
}

/** DTM+182, by the calendar of the country. */
export function judgeIssueDate(
  request: CertificateRequest,
  context: JudgementContext,
  breach: Breach,
): Day | undefined {
  const { issueDate, country } = request;
  if (issueDate === undefined) {
    breach('issue-date-missing');
    return undefined;
  }
  const day = dayOf(issueDate);
  if (day === undefined) breach('issue-date-malformed');
  else if (day > today(context, context.reference.countries.get(country ?? ''))) {
    breach('issue-date-in-future');
  }
  return day;
}

/** LOC+27. The programme is undefined where it is not known, or where the request need not name it. */
export function judgeCountry(
  { country }: CertificateRequest,
  programme: Programme | undefined,
  { reference, sender }: JudgementContext,
  breach: Breach,
): string | undefined {
  if (country === undefined) {
    breach('country-missing');
    return undefined;
  }
  const takesPart = reference.countries.has(country) && (programme?.countries.includes(country) ?? true);
  if (!takesPart) breach('country-not-taking-part');
  if (!sender.countries.includes(country)) breach('country-not-authorised');
  return country;
}

/** RFF+ABJ */
export function judgeProgramme(
  { programme }: CertificateRequest,
  { reference }: JudgementContext,
  breach: Breach,
): Programme | undefined {
  if (programme === undefined) {
    breach('programme-missing');
    return undefined;
  }
  const known = reference.programmes.get(programme);
  if (known === undefined) breach('programme-unknown');
  return known;
}

/** PNA+IM or NAD+IM; mandatory. */
export function judgeImporter(
  { importer }: CertificateRequest,
  { reference }: JudgementContext,
  breach: Breach,
): string | undefined {
  if (importer === undefined) {
    breach('importer-missing');
    return undefined;
  }
  const wellFormed = importer.length <= 35 && reference.importerForms.some((form) => form.test(importer));
  if (!wellFormed) breach('importer-malformed');
  return importer;
}

/** PNA+MF or NAD+MF; at the country's discretion, unless the programme requires it. */
export function judgeManufacturer(
  { manufacturerId, manufacturerName }: CertificateRequest,
  programme: Programme | undefined,
  breach: Breach,
): void {
  const given = { 'manufacturer-id': manufacturerId, 'manufacturer-name': manufacturerName };
  if (programme?.required.some((element) => given[element] === undefined)) breach('manufacturer-missing');
}
