import t from 'tap'
import { withoutReasons } from '../../../scripts/build/lean-check.ts'

t.test('error objects go, all else stays', async (t) => {
  const code = `function (applyFormat) {
    const err0 = {instancePath, schemaPath: "#/type", keyword: "type", params: {type: "object"}, data};
    vErrors === null ? vErrors = [err0] : vErrors.push(err0); errors++;
    check.errors = [{ keyword: "a", params: { deep: { instancePath: 1, keyword: 2, params: 3 } }, instancePath: instancePath + "/b" }];
    return applyFormat("path", text, { instancePath: instancePath + "/c", parentData, parentDataProperty });
  }`
  t.equal(
    withoutReasons(code),
    `function (applyFormat) {
    const err0 = 0;
    vErrors === null ? vErrors = [err0] : vErrors.push(err0); errors++;
    check.errors = [0];
    return applyFormat("path", text, { instancePath: instancePath + "/c", parentData, parentDataProperty });
  }`,
  )
})
