// Answers requests, a line of JSON each, until there are no more: { "do": "graph" | "create" | "dismiss" | workflow, "with": … }.
// An answer is a line that begins with "reply: ". Run with: npx medusa exec ./talk.js
const { createInterface } = require("node:readline")
const { ContainerRegistrationKeys } = require("@medusajs/framework/utils")
const flows = require("@medusajs/medusa/core-flows")

exports.default = async function talk({ container }) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const link = container.resolve(ContainerRegistrationKeys.LINK)

  const answer = async (name, input) => {
    if (name === "graph") return (await query.graph(input)).data
    if (name === "create" || name === "dismiss") return await link[name](input)
    return (await flows[name](container).run({ input })).result
  }

  console.log("reply: {}") // ready
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line)
    const reply = await answer(request.do, request.with).then(
      (result) => ({ result: result ?? null }),
      (error) => ({ error: String(error?.message ?? error) })
    )
    console.log("reply: " + JSON.stringify(reply))
  }
}
