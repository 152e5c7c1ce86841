import Mocha from 'mocha';

/** Mocha's spec reporter, closed by one plain line that machines and people read alike. */
export default class Reporter extends Mocha.reporters.Spec {
  epilogue() {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }
}
