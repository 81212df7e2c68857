const days = { type: 'number', exclusiveMinimum: 0, maximum: 3650 } as const

/** The section `journal`: what is kept of commands, and how much room it may take. */
export const journalSchema = {
  description:
    'What is kept of commands: the record in `dataDir`/journal, which stops repeats, keeps results and answers `history`, and long outputs in `dataDir`/spool.',
  type: 'object',
  additionalProperties: false,
  default: {},
  properties: {
    maxBytes: {
      description:
        'Bytes that all its files together may take; what goes first when they are reached stands in docs/operators.md.',
      type: 'integer',
      minimum: 1_048_576,
      maximum: 1_099_511_627_776,
      default: 268_435_456,
    },
    resultDays: {
      ...days,
      description: 'Days that inputs and results are kept, also results that no server took.',
      default: 30,
    },
    tombstoneDays: {
      ...days,
      description:
        'Days that a command’s id is remembered, so that a late repeat is not run. Not less than `resultDays`.',
      default: 30,
    },
    spoolBytes: {
      description:
        'Bytes that the whole output of commands may take in `dataDir`/spool, beside what their results hold. Outputs whose results the server has go first, the oldest of them before the others. 0: none is kept.',
      type: 'integer',
      minimum: 0,
      maximum: 1_099_511_627_776,
      default: 536_870_912,
    },
    spoolCommandBytes: {
      description: 'Bytes of output that are kept of one command there, from its beginning on.',
      type: 'integer',
      minimum: 65_536,
      maximum: 1_099_511_627_776,
      default: 67_108_864,
    },
  },
} as const
