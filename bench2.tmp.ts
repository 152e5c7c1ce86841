import { openSqliteStore } from './src/store/sqlite.ts';
import { inbound, outgoingMdn } from './test/store/fixtures.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
const directory = mkdtempSync('/tmp/bench-');
const store = await openSqliteStore({ directory });
const N=1920, group=16;
const ms = Array.from({length: N}, () => inbound({ raw: randomBytes(12000), payload: { content: randomBytes(10240), contentType: 'x' }, mdn: outgoingMdn({ body: randomBytes(2500) }) }));
for (let k=0;k<3;k++){ const part=ms.slice(k*N/3,(k+1)*N/3);
let t=performance.now(); let c=process.cpuUsage();
for (let i=0;i<part.length;i+=group) await Promise.all(part.slice(i,i+group).map(m=>store.sealInbound(m)));
const u=process.cpuUsage(c); console.log((performance.now()-t)/part.length*1000|0,'us wall', u.user/part.length|0, 'us user', u.system/part.length|0,'us sys each');}
await store.close(); rmSync(directory,{recursive:true});
