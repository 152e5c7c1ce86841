import { openSqliteStore } from './src/store/sqlite.ts';
import { inbound, outgoingMdn, sealedJob, result, change, at } from './test/store/fixtures.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
const directory = mkdtempSync('/tmp/bench-');
const store = await openSqliteStore({ directory });
const job = await sealedJob(store);
const cs = Array.from({length:3000},(_, n)=>change('X'+n));
let t=performance.now(); let c=process.cpuUsage();
const lap=(n:string)=>{ const u=process.cpuUsage(c); console.log(n,(performance.now()-t).toFixed(0),'ms wall', ((u.user+u.system)/1000).toFixed(0),'ms cpu'); t=performance.now(); c=process.cpuUsage(); };
await store.completeJob(job, result({certificates: cs}), at(1)); lap('complete 3000');
await store.findCertificates('test', cs.map(c=>c.record.number)); lap('find 3000');
for (let r=0;r<2;r++) for (const group of [1,4,16,64]) {
  const ms = Array.from({length: 640}, () => inbound({ raw: randomBytes(12000), payload: { content: randomBytes(10240), contentType: 'x' }, mdn: outgoingMdn({ body: randomBytes(2500) }) }));
  t=performance.now(); c=process.cpuUsage();
  for (let i=0;i<ms.length;i+=group) await Promise.all(ms.slice(i,i+group).map(m=>store.sealInbound(m)));
  lap('640 in groups of '+group);
}
console.log(await store.verifyLedger()); lap('verify');
await store.close(); 
const d = new Database(directory+'/plain.db'); d.pragma('journal_mode=WAL'); d.pragma('synchronous=FULL'); d.exec('create table x(a blob)'); const s=d.prepare('insert into x values(?)'); t=performance.now(); c=process.cpuUsage(); for(let i=0;i<200;i++) s.run(randomBytes(25000)); lap('200 plain inserts of 25 KB');
rmSync(directory,{recursive:true});
