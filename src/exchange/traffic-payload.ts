import { gathered } from '../bytes/source.ts';
import { type Response, readCusres } from '../ecert/cusres-reader.ts';
import { kindOf } from '../ecert/head-rules.ts';
import { readSancrt } from '../ecert/sancrt.ts';
import type { ReceivedInterchange, Report, Request } from '../ecert/traffic.ts';
import { type ContrlReport, readContrl } from '../edifact/contrl-reader.ts';
import { UnreadableInterchange } from '../edifact/errors.ts';
import { type Interchange, type Message, valueOf } from '../edifact/interchange.ts';
import { readInterchanges } from '../edifact/reader.ts';
import { LONGEST_EDIFACT } from '../limits.ts';
import type { Store } from '../store/store.ts';

/** The interchanges of a stored message; none when it holds no EDIFACT. */
export async function interchangesOf(store: Store, id: string): Promise<readonly Interchange[]> {
  const payload = await store.getContent(id, 'payload');
  if (payload === undefined || payload.size > LONGEST_EDIFACT) return [];
  try {
    return readInterchanges(await gathered(payload)).interchanges;
  } catch (error) {
    if (error instanceof UnreadableInterchange) return [];
    throw error;
  }
}

/** What we answered to a message: each answer with the sent message that it is in. */
export interface Answers {
  readonly contrls: readonly ContrlReport[];
  readonly responses: readonly (Response & { readonly in: string })[];
}

export function answersIn(id: string, interchanges: readonly Interchange[]): Answers {
  const messages = interchanges.flatMap((interchange) => interchange.messages);
  return {
    contrls: messagesOf(messages, 'CONTRL').flatMap((message) => readContrl(message) ?? []),
    responses: messagesOf(messages, 'CUSRES').map((message) => ({ ...readCusres(message), in: id })),
  };
}

/** A received interchange beside what was answered to it. */
export function answeredInterchange(interchange: Interchange, { contrls, responses }: Answers): ReceivedInterchange {
  const { reference, messages } = interchange;
  const about = new Map(
    responses.flatMap((one) => (one.interchangeReference === reference ? [[one.messageReference, one]] : [])),
  );
  return {
    reference,
    type: messages[0]?.type ?? '',
    syntaxErrors: contrls
      .filter(({ interchangeReference }) => interchangeReference === reference)
      .flatMap(({ findings }) => findings.map(({ code }) => code)),
    requests: messages.flatMap((message) => requestIn(message, about.get(message.reference))),
    reports: messagesOf(messages, 'CONTRL').flatMap(reportIn),
  };
}

function requestIn(message: Message, response: Answers['responses'][number] | undefined): Request[] {
  const answer = response && { in: response.in, accepted: response.accepted, codes: response.codes };
  if (message.type === 'SANCRT') {
    const request = readSancrt(message);
    return [{ kind: kindOf(request), number: request.number ?? '', answer }];
  }
  if (message.type !== 'REQDOC') return [];
  const bgm = message.segments.find(({ tag }) => tag === 'BGM');
  return [{ kind: 'query', number: bgm === undefined ? '' : valueOf(bgm, 2), answer }];
}

function reportIn(message: Message): Report[] {
  const report = readContrl(message);
  if (report === undefined) return [];
  const accepted = report.action !== 'rejected' && report.rejectedMessages.length === 0;
  return [{ reference: report.interchangeReference, accepted }];
}

function messagesOf(messages: readonly Message[], type: string): readonly Message[] {
  return messages.filter((message) => message.type === type);
}
