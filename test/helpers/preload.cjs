'use strict'
/*
 * Comes before every test file (.taprc). JavaScript that loads nothing: some 300 processes begin with it.
 *
 * The test runner would record what each process loads, and put a module for that before every Node.js that a test starts: for coverage and
 * `--changed`, which are not used here. It takes a quarter of a small test's time and more than the rest of most starts, can't run under
 * the permission model nor on Windows, and what is tested shall be what users have. It takes this for a record that has begun, and lets be.
 */
globalThis[Symbol.for('@tapjs/processinfo.ProcessInfoNodeData')] = { files: { push() {} } }
// What a test starts is started as it is, also without the folder for compiled code that the tests themselves have.
delete process.env.NODE_OPTIONS
delete process.env.NODE_COMPILE_CACHE
