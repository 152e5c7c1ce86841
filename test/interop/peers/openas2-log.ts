import { open } from 'node:fs/promises';

export interface MessageLog {
  /** What was written about a message so far; without the stacks of exceptions. */
  about(messageId: string): Promise<readonly string[]>;
  /** The Message-ID that ends so, once it was written. */
  idEnding(tail: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Reads on in the log of OpenAS2, which grows; an entry ends with the message that it is about. */
export async function followLog(file: string): Promise<MessageLog> {
  const handle = await open(file);
  const entries = new Map<string, string[]>();
  const buffer = Buffer.alloc(1 << 16);
  const decoder = new TextDecoder();
  let position = 0;
  let begun = '';
  let reading: Promise<void> = Promise.resolve();
  let entry = '';
  const take = (line: string) => {
    const isFirst = /^\d{4}-\d\d-\d\d \d\d:\d\d:/.test(line);
    if (isFirst) entry = line.slice(24);
    else if (!/^\s/.test(line)) entry += ` ${line}`;
    const messageId = / \[(<.*>)\]$/.exec(line)?.[1];
    if (messageId === undefined) return;
    const about = entries.get(messageId);
    if (about) about.push(entry);
    else entries.set(messageId, [entry]);
    entry = '';
  };
  const readOn = async () => {
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      const text = begun + decoder.decode(buffer.subarray(0, bytesRead), { stream: true });
      const end = text.lastIndexOf('\n') + 1;
      text.slice(0, end).split('\n').forEach(take);
      begun = text.slice(end);
    }
  };
  const upToDate = () => (reading = reading.then(readOn));
  return {
    async about(messageId) {
      await upToDate();
      return entries.get(messageId) ?? [];
    },
    async idEnding(tail) {
      await upToDate();
      return [...entries.keys()].find((each) => each.endsWith(tail));
    },
    close: () => handle.close(),
  };
}
