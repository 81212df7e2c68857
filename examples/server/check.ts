import { Ajv } from 'ajv'

// strictRequired and strictTypes ask for a form of schema, not for correctness; the protocol's schemas are checked by their own tests
const ajv = new Ajv({
  strictRequired: false,
  strictTypes: false,
  ownProperties: true,
  validateSchema: false,
  meta: false,
})

/** A check made from a JSON Schema: null where the value fits, else what is wrong and where. What was found is never quoted. */
export function createCheck(schema: object): (value: unknown) => string | null {
  const validate = ajv.compile(schema)
  return (value) => (validate(value) ? null : ajv.errorsText(validate.errors, { dataVar: 'value' }))
}
