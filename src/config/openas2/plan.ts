import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../../pki/certificate.ts';
import type { Pkcs12Entry } from '../../pki/pkcs12.ts';
import { ConfigError } from '../config-error.ts';
import { isShortName } from '../files.ts';
import type { PartnerFile } from '../partner-schema.ts';
import { noteOthers, noteReceivingSide, sendingSide, type ImportNote } from './attributes.ts';
import type { OpenAs2, Party } from './read.ts';

/** What an import would write, and what it would leave out. */
export interface ImportPlan {
  readonly us: {
    readonly as2Id: string;
    readonly alias: string;
    readonly certificate: Certificate;
    readonly privateKey: KeyObject;
  };
  readonly partners: readonly PlannedPartner[];
  readonly notes: readonly ImportNote[];
}

export interface PlannedPartner {
  readonly shortName: string;
  readonly config: PartnerFile;
  /** Files beside it, relative to the home. */
  readonly files: readonly (readonly [file: string, content: string])[];
}

/**
 * Joins the two directions of each partner, with its certificates of the keystore.
 * @param usName name of the party that we are; undefined: the one that takes part in every partnership
 * @throws ConfigError
 */
export function planImport(source: OpenAs2, keystore: readonly Pkcs12Entry[], usName: string | undefined): ImportPlan {
  const notes: ImportNote[] = [];
  const us = ourselves(source, usName);
  const own = ownKey(us, keystore);
  const partners: PlannedPartner[] = [];
  for (const party of source.parties.values()) {
    if (party === us) continue;
    const planned = planPartner(source, us, party, keystore, notes);
    if (planned === undefined) continue;
    if (partners.some(({ shortName }) => shortName === planned.shortName))
      notes.push({
        where: party.name,
        what: 'partner',
        text: `another partner has the short name ${planned.shortName}: left out`,
      });
    else partners.push(planned);
  }
  for (const { name, sender, receiver } of source.partnerships) {
    if (sender !== us.name && receiver !== us.name)
      notes.push({ where: name, what: 'partnership', text: 'is between others: left out' });
  }
  for (const name of source.properties)
    notes.push({ where: 'properties', what: name, text: 'is not taken over: see countersign.yaml' });
  for (const name of source.modules)
    notes.push({ where: 'module', what: name, text: 'is not taken over: what it does is built in, or is not done' });
  return { us: { as2Id: us.as2Id, ...own }, partners, notes };
}

function ourselves({ parties, partnerships }: OpenAs2, usName: string | undefined): Party {
  const candidates = [...parties.values()].filter(({ name }) =>
    usName === undefined
      ? partnerships.every(({ sender, receiver }) => sender === name || receiver === name)
      : name === usName,
  );
  const [us, second] = candidates;
  if (us !== undefined && second === undefined) return us;
  const names = [...parties.keys()].join(', ') || 'none';
  throw refusal('it is not clear which party is ours', `Give its name with --us. Parties: ${names}.`);
}

function ownKey(
  us: Party,
  keystore: readonly Pkcs12Entry[],
): Pick<ImportPlan['us'], 'alias' | 'certificate' | 'privateKey'> {
  const entry = entryOf(keystore, us.alias);
  if (entry?.privateKey === undefined)
    throw refusal(
      `the keystore has no private key ${us.alias ?? ''}`,
      'Give the keystore of the same installation with --keystore.',
    );
  return { alias: shortNameOf(us.alias ?? us.name), certificate: entry.certificate, privateKey: entry.privateKey };
}

function planPartner(
  source: OpenAs2,
  us: Party,
  party: Party,
  keystore: readonly Pkcs12Entry[],
  notes: ImportNote[],
): PlannedPartner | undefined {
  const tell = (what: string, text: string) => notes.push({ where: party.name, what, text });
  const outgoing = source.partnerships.filter(({ sender, receiver }) => sender === us.name && receiver === party.name);
  const incoming = source.partnerships.filter(({ sender, receiver }) => sender === party.name && receiver === us.name);
  for (const { name } of [...outgoing.slice(1), ...incoming.slice(1)])
    notes.push({ where: name, what: 'partnership', text: 'is a second one in the same direction: left out' });
  const used = [outgoing[0], incoming[0]].filter((each) => each !== undefined);
  if (used.length === 0) return undefined;

  const { url, send, basicAuth } = sendingSide(outgoing[0], notes);
  noteReceivingSide(incoming[0], notes);
  for (const partnership of used) noteOthers(partnership, notes);

  const shortName = shortNameOf(party.name);
  const found = [party.alias, party.fallbackAlias]
    .map((alias) => entryOf(keystore, alias))
    .filter((entry) => entry !== undefined);
  const certificates = found.map(({ certificate }, index) => ({
    file: `partners/${shortName}${index === 0 ? '' : '-old'}.cert.pem`,
    certificate,
  }));
  if (certificates.length === 0) {
    tell('x509_alias', `the keystore has no certificate ${party.alias ?? ''}: the partner is left out`);
    return undefined;
  }
  if (url === undefined) tell('as2_url', 'no partnership tells where to send to: set as2.url, then active: true');
  tell('edifact', 'add its EDIFACT identities and their countries to edifact.identities');
  const passwordFile = `keys/${shortName}.password`;
  return {
    shortName,
    config: {
      name: party.name,
      ...(url === undefined && { active: false }),
      as2: {
        id: party.as2Id,
        url: url ?? 'https://unknown.invalid/as2',
        ...(basicAuth && { basicAuth: { user: basicAuth.user, passwordFile } }),
      },
      certificates: certificates.map(({ file }) => ({ file })),
      ...(outgoing.length > 0 && { send }),
      edifact: { identities: [] },
      ...(party.email !== undefined && { contact: { email: party.email } }),
    },
    files: [
      ...certificates.map(({ file, certificate }) => [file, certificate.pem] as const),
      ...(basicAuth === undefined ? [] : [[passwordFile, basicAuth.password] as const]),
    ],
  };
}

/** Java writes aliases in small letters. */
function entryOf(keystore: readonly Pkcs12Entry[], alias: string | undefined): Pkcs12Entry | undefined {
  return alias === undefined ? undefined : keystore.find((entry) => entry.alias?.toLowerCase() === alias.toLowerCase());
}

function shortNameOf(name: string): string {
  const short = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  return isShortName(short) ? short : 'partner';
}

function refusal(message: string, remedy: string): ConfigError {
  return new ConfigError([{ file: 'import', key: '', message, remedy }]);
}
