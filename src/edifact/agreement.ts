import type { Finding, Interchange, Message, MessageIdentifier, Party } from './interchange.ts';

/** What two partners agreed on, as far as an interchange can break it. */
export interface Agreement {
  /** The identities under which we receive. A qualifier left out matches any. */
  readonly recipients: readonly Party[];
  /** The identities under which the partner sends. */
  readonly senders: readonly Party[];
  /** Types and releases that are taken, such as SANCRT D:97B:UN; CONTRL always is, beside others too. */
  readonly messages: readonly MessageIdentifier[];
  readonly maxMessages: number;
  /** Several types of message in an interchange are taken. */
  readonly mixedTypes: boolean;
  /** This sender has used this 0020 before. */
  readonly duplicate: boolean;
}

/** The same interchange with the findings that the agreement adds to it and to its messages. */
export function judgeByAgreement(interchange: Interchange, agreement: Agreement): Interchange {
  // CONTRL is always taken, and no answer could refuse it (ISO 9735-4): it counts as no type.
  const first = interchange.messages.find(({ type }) => type !== 'CONTRL');
  return {
    ...interchange,
    findings: [...addressFindings(interchange, agreement), ...interchange.findings],
    messages: interchange.messages.map((message) => {
      const findings = typeFindings(message, first ?? message, agreement);
      if (findings.length === 0) return message;
      // What is not agreed on need not be in a directory here: one reason is enough.
      return { ...message, findings: [...findings, ...message.findings.filter(({ code, tag }) => code !== '14' || tag !== 'UNH')] }; // prettier-ignore
    }),
  };
}

/** Whether a party that was read is this one of ours or of the partner's; an empty qualifier is none. */
function partyMatches(known: Party, party: Party): boolean {
  return known.id === party.id && (known.qualifier === undefined || known.qualifier === (party.qualifier ?? ''));
}

function addressFindings(interchange: Interchange, agreement: Agreement): readonly Finding[] {
  const { sender, recipient, reference, messageCount } = interchange;
  const findings: Finding[] = [];
  const add = (code: string, tag: string, element: number, text: string, expected: string) =>
    findings.push({ level: 'UCI', code, tag, segment: 0, element, offset: interchange.offset, text, expected });
  if (!agreement.senders.some((known) => partyMatches(known, sender))) {
    add('23', 'UNB', 3, `Sender ${sender.id} is not known here`, `S002: ${partyNames(agreement.senders)}`);
  }
  if (!agreement.recipients.some((known) => partyMatches(known, recipient))) {
    add('7', 'UNB', 4, `Recipient ${recipient.id} is not us`, `S003: ${partyNames(agreement.recipients)}`);
  }
  if (agreement.duplicate) {
    add('26', 'UNB', 6, `Control reference ${reference} was used before`, unusedReference);
  }
  if (messageCount > agreement.maxMessages) {
    const text = `${messageCount} messages are more than the ${agreement.maxMessages} agreed on`;
    add('17', 'UNZ', 2, text, `0036: ${agreement.maxMessages} at most`);
  }
  return findings;
}

/** What would be right where 0020 was used before. */
export const unusedReference = '0020: a reference that its sender did not use before';

function partyNames(parties: readonly Party[]): string {
  return parties.map(({ id, qualifier }) => (qualifier === undefined ? id : `${id}:${qualifier}`)).join(', ');
}

function typeFindings(message: Message, first: Message, agreement: Agreement): readonly Finding[] {
  const { type } = message;
  if (type === 'CONTRL') return [];
  const base = { level: 'UCM', tag: 'UNH', segment: 1, element: 3, offset: message.offset } as const;
  if (type !== first.type && !agreement.mixedTypes) {
    const text = `${type} in an interchange of ${first.type}: one type of message is taken in an interchange`;
    return [{ ...base, code: '14', component: 1, text, expected: first.type }];
  }
  const agreed = agreement.messages.some((known) => sameIdentifier(known, message));
  if (agreed) return [];
  const expected = agreement.messages.map((known) => nameOf(known)).join(', ');
  return [{ ...base, code: '17', text: `${nameOf(message)} is not agreed on`, expected }];
}

function nameOf({ type, version, release, agency }: MessageIdentifier): string {
  return `${type} ${version}:${release}:${agency}`;
}

function sameIdentifier(known: MessageIdentifier, { type, version, release, agency }: MessageIdentifier): boolean {
  return known.type === type && known.version === version && known.release === release && known.agency === agency;
}
