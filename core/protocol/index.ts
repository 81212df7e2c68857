/**
 * What crosses the wire, as schemas, types and checks; also exported as `gururmm-agent/protocol` for servers.
 *
 * @module
 */
export { canonicalJson, digestOf } from './canonical-json.ts'
export {
  type BadFrame,
  type CompileSchema,
  createDecoder,
  type Decode,
  type Decoded,
  isDeeperThan,
  MAX_DEPTH,
  MAX_FRAME_BYTES,
} from './decode.ts'
export type * from './messages.ts'
export { MAX_OUTPUT_PIECE } from './query-schemas.ts'
export { CAPABILITIES, MESSAGES } from './schemas.ts'
