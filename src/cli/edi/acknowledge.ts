import { characterSetOf } from '../../edifact/character-set.ts';
import { answerSyntax, isMessageRejected, isRejected, makeContrl } from '../../edifact/contrl.ts';
import type { Interchange, Message } from '../../edifact/interchange.ts';
import { writeInterchange } from '../../edifact/writer.ts';
import { newControlReference } from '../../exchange/ids.ts';
import { note, printable, printBytes, printResult, type Terminal } from '../output.ts';
import type { GlobalOptions } from '../program.ts';
import { counted } from './check.ts';
import { eachInput, endWith } from './input.ts';
import { eventsIn } from './read.ts';

export interface AcknowledgeOptions {
  readonly everyMessage: boolean;
  readonly receiptOnly: boolean;
}

/**
 * Prints the CONTRL for each interchange of files.
 *
 * @throws CommandError when one is refused in whole or in part, or cannot be read
 */
export async function acknowledge(
  files: readonly string[],
  { json, everyMessage, receiptOnly }: AcknowledgeOptions & GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  const answers: { file: string; interchange: string; refused: boolean; contrl: string }[] = [];
  let refusals = 0;
  const unread = await eachInput(files, terminal, async (input) => {
    let messages: Message[] = [];
    for await (const event of eventsIn(input, true)) {
      if (event.kind === 'message' && event.message.type !== 'CONTRL') {
        // One tells that there is something to answer. The others are named on demand, and would fill the memory.
        if (everyMessage || messages.length === 0 || event.message.findings.length > 0)
          messages.push(detached(event.message));
      }
      if (event.kind === 'skipped') {
        refusals++;
        note(terminal, printable(`${input.name}: no CONTRL can be made: ${event.warning.text}`));
      }
      if (event.kind !== 'closed') continue;
      const subject: Interchange = { ...event.interchange, messages };
      const { reference, messageCount } = subject;
      if (messageCount > 0 && messages.length === 0) {
        note(terminal, printable(`${input.name}: ${reference} holds CONTRL alone, which is not answered`));
        continue;
      }
      messages = [];
      const refused = isRejected(subject) || subject.messages.some((message) => isMessageRejected(message, subject));
      if (refused) refusals++;
      const bytes = contrlFor(subject, { everyMessage, receiptOnly }, terminal.now());
      if (!json) await printBytes(terminal, [bytes, Buffer.from('\n')]);
      answers.push({ file: input.name, interchange: reference, refused, contrl: json ? textOf(bytes, subject) : '' });
    }
  });
  if (json) printResult(terminal, json, [...answers, ...unread], '');
  const refused = `${counted(refusals, 'interchange')} refused, in whole or in part.`;
  endWith(refusals === 0 ? undefined : refused, unread);
}

/** UNH, read once and for all: what was read of is the whole piece that it lies in. */
function detached(message: Message): Message {
  const segments = message.segments.slice(0, 1).map(({ tag, elements, offset, position }) => {
    return { tag, elements, offset, position };
  });
  return { ...message, segments };
}

function textOf(bytes: Buffer, subject: Interchange): string {
  const text = bytes.toString('latin1');
  return characterSetOf(answerSyntax(subject).id)?.decode(text) ?? text;
}

function contrlFor(subject: Interchange, content: AcknowledgeOptions, now: Date): Buffer {
  return writeInterchange({
    syntax: answerSyntax(subject),
    sender: subject.recipient,
    recipient: subject.sender,
    preparedAt: now,
    reference: newControlReference(now),
    applicationReference: subject.applicationReference,
    testIndicator: subject.testIndicator,
    messages: [makeContrl(subject, content)],
  });
}
