import Database from 'better-sqlite3';
import { inbound, outgoingMdn } from './test/store/fixtures.ts';
import { openSqliteStore } from './src/store/sqlite.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
const N=960, group=16;
const ms = Array.from({length: N}, () => ({ raw: randomBytes(12000), payload: { content: randomBytes(10240), contentType: 'x' }, body: randomBytes(2500) }));
const variants: Record<string,string[]> = { base: [], mem: ['temp_store=MEMORY'], ckpt: ['wal_autocheckpoint=8000'], page8: ['page_size=8192'], page16: ['page_size=16384'], memckpt:['temp_store=MEMORY','wal_autocheckpoint=8000'], nosync: ['synchronous=NORMAL'] };
const orig = Database.prototype.pragma;
for (let round=0;round<3;round++) for (const [name, pragmas] of Object.entries(variants)) {
  const directory = mkdtempSync('/tmp/bench-');
  (Database.prototype as any).pragma = function(this: any, s: string, o: any) { if (s.startsWith('page_size')) return orig.call(this,s,o); if (s==='journal_mode = WAL') for (const p of pragmas) if (p.startsWith('page_size')) orig.call(this,p); const r = orig.call(this, s, o); if (s==='foreign_keys = ON') for (const p of pragmas) orig.call(this, p); return r; };
  const store = await openSqliteStore({ directory });
  const part = ms.map(m=>inbound({raw:m.raw,payload:m.payload,mdn:outgoingMdn({body:m.body})}));
  let t=performance.now(); let c=process.cpuUsage();
  for (let i=0;i<part.length;i+=group) await Promise.all(part.slice(i,i+group).map(m=>store.sealInbound(m)));
  const u=process.cpuUsage(c); console.log(name.padEnd(10),(performance.now()-t)/part.length*1000|0,'us wall', u.user/part.length|0, 'us user', u.system/part.length|0,'us sys each');
  await store.close(); rmSync(directory,{recursive:true});
}
