import { gathered } from '../../src/bytes/source.ts';
import type { Store } from '../../src/store/store.ts';

/** All that is stored of a message, in one buffer. */
export async function storedBytes(store: Store, id: string, what: 'raw' | 'payload'): Promise<Buffer | undefined> {
  const content = await store.getContent(id, what);
  return content && gathered(content);
}
