import { kept } from '../bytes/kept.ts';
import type { Spool } from '../bytes/spool.ts';
import type { Home, Partner } from '../config/home.ts';
import { answerSyntax } from '../edifact/contrl.ts';
import type { Interchange, Syntax } from '../edifact/interchange.ts';
import { writeInterchange, type WritableMessage } from '../edifact/writer.ts';
import type { OutboundMessage } from '../store/store.ts';
import { sentInterchange } from './participant.ts';
import { newControlReference } from './ids.ts';
import { makeMessage } from './send.ts';

/** From which received interchange an answer comes and to whom it goes. */
export interface AnswerRoute {
  readonly subject: Interchange;
  /** Of the answers: `answerSyntaxOf`. */
  readonly syntax: Syntax;
  /** Our id of the received message. */
  readonly answers: string;
  readonly partner: Partner;
  readonly home: Home;
  readonly now: Date;
  readonly spool: Spool;
}

/**
 * An interchange that answers another, as an AS2 message to the partner that brought it: sender and recipient swapped,
 * so that each answer goes to the participant that asked, and the test indicator kept.
 */
export function makeAnswer(messages: readonly WritableMessage[], route: AnswerRoute): Promise<OutboundMessage> {
  const { subject, syntax, answers, partner, home, now, spool } = route;
  const reference = newControlReference(now);
  const type = messages[0]?.identifier.type ?? '';
  const names = { sender: subject.recipient, recipient: subject.sender, reference };
  const content = writeInterchange({
    ...names,
    syntax,
    preparedAt: now,
    applicationReference: subject.applicationReference,
    testIndicator: subject.testIndicator,
    messages,
  });
  const payload = {
    content: kept(content),
    contentType: partner.send.contentType,
    fileName: `${type}-${reference}.edi`,
  };
  const about = `${type} for ${printable(subject.reference)}`;
  const consignment = { payload, subject: about, answers, interchanges: [sentInterchange(names)] };
  return makeMessage(consignment, partner, home, now, spool);
}

/** `D.97B` in a partner's file is `97B` in a message. */
export function releaseOf(partner: Partner): string {
  return partner.edifact.release.replace(/^D\./, '');
}

/** As the partner's file says: `UNOC:3` */
export function syntaxFor(partner: Partner): Syntax {
  const [id = 'UNOC', version = '3'] = partner.edifact.syntax.split(':');
  return { id, version };
}

/** The same, unless the answer has to repeat what that cannot carry. */
export function answerSyntaxOf(subject: Interchange, partner: Partner): Syntax {
  const { id, version } = syntaxFor(partner);
  const syntax = answerSyntax(subject, id);
  return syntax.version === '4' ? syntax : { ...syntax, version };
}

/** What a partner wrote goes into a header only as printable ASCII. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
