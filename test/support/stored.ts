import { keptSource, type Kept } from '../../src/bytes/kept.ts';
import { gather, gathered } from '../../src/bytes/source.ts';
import type { Store } from '../../src/store/store.ts';

/** All that is stored of a message, in one buffer. */
export async function storedBytes(store: Store, id: string, what: 'raw' | 'payload'): Promise<Buffer | undefined> {
  const content = await store.getContent(id, what);
  return content && gathered(content);
}

export function keptBytes(one: Kept): Buffer {
  return gather(keptSource(one).pieces());
}
