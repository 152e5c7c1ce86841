// Coverage is of the process that runs the tests: that of threads, where little of each file runs, would be joined with
// it and hide what was covered. Who is started from here on does not see that it is wanted.
delete process.env.NODE_V8_COVERAGE;
