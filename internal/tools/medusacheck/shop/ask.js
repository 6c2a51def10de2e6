// Asks Medusa's own query for every built-in link in every direction it offers, and writes the answers
// as JSON to the file that ASK_FILE names. Run with: ASK_FILE=ask.json npx medusa exec ./ask.js
//
//   links:  link -> { "Model.field": { id: far id | null | [far ids, sorted] }, records: { id: live link row } }
//   models: model -> id -> column -> value, for every model at an end of a link
//   orders: what an order, return, claim or exchange holds in its current version
const { writeFileSync } = require("node:fs")
const { ContainerRegistrationKeys, QueryContext, isFileSkipped } = require("@medusajs/framework/utils")
const { MedusaModule } = require("@medusajs/framework/modules-sdk")
const definitions = require("@medusajs/link-modules/dist/definitions")

// Some links extend all models of a module; only these make sense.
const everyModel = { stock_location: ["StockLocation"], product: ["Product", "ProductVariant"] }

// "*" brings some records along that belong to others; columns of a record are all but these.
const isRecord = (value) => typeof value === "object" && value !== null && ("id" in value || "iso_2" in value)
const columns = (record) =>
  Object.fromEntries(
    Object.entries(record).filter(([name, value]) => ["data", "metadata"].includes(name) || ![value].flat().some(isRecord))
  )

const keyOf = (model) => (model === "Currency" ? "code" : "id")
const snake = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase()

exports.default = async function ask({ container }) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)

  // Entry point by model, and model by any entry point, as the modules declare them.
  const entryOf = {}
  const modelOf = {}
  for (const config of MedusaModule.getAllJoinerConfigs().filter((config) => !config.isLink)) {
    for (const { name, entity } of config.alias) {
      entryOf[`${config.serviceName}.${entity}`] = [name].flat()[0]
      for (const each of [name].flat()) modelOf[`${config.serviceName}.${each}`] = entity
    }
  }
  const farModel = ({ serviceName, entity, args }) => entity ?? modelOf[`${serviceName}.${snake(args.methodSuffix)}`]

  const all = async (entity, fields, more = {}) => (await query.graph({ entity, fields, ...more })).data
  const byKey = (records, key, value) => Object.fromEntries(records.map((each) => [each[key], value(each)]).sort(([a], [b]) => (a < b ? -1 : 1)))

  const links = {}
  const models = {}
  const see = (service, model) => (models[model] ??= service)

  // The id of what a field leads to: sorted ids for a list, null for nothing. In a list, null stands for a
  // link whose far record is deleted.
  const idAt = (record, field, key) => {
    const far = record[field]
    return Array.isArray(far) ? far.map((each) => each?.[key] ?? null).sort() : (far?.[key] ?? null)
  }

  // A field that is not declared as a list is still one for a record that has several links.
  const allOrNoneLists = (ids) =>
    Object.values(ids).some(Array.isArray)
      ? Object.fromEntries(Object.entries(ids).map(([id, far]) => [id, far === null ? [] : [far].flat()]))
      : ids

  for (const [name, link] of Object.entries(definitions).filter(([, link]) => !isFileSkipped(link))) {
    const answer = (links[name] = {})
    const ends = Object.fromEntries((link.relationships ?? []).map((end) => [end.alias, end]))
    for (const end of Object.values(ends)) see(end.serviceName, end.entity)

    for (const { serviceName, entity, relationship, fieldAlias = {} } of link.extends) {
      const far = link.isReadOnlyLink ? farModel(relationship) : null
      if (far) see(relationship.serviceName, far)

      for (const model of entity ? [entity] : everyModel[serviceName]) {
        see(serviceName, model)
        const fields = { [relationship.alias]: far ? keyOf(far) : "id" }
        for (const [shortcut, { path = fieldAlias[shortcut] }] of Object.entries(fieldAlias)) {
          const end = ends[path.split(".")[1]]
          if (shortcut !== "calculated_price") fields[shortcut] = path.split(".")[2] ? "id" : keyOf(end.entity)
        }
        for (const [field, key] of Object.entries(fields)) {
          const near = keyOf(model)
          const records = await all(entryOf[`${serviceName}.${model}`], [near, `${field}.${key}`])
          answer[`${model}.${field}`] = allOrNoneLists(byKey(records, near, (record) => idAt(record, field, key)))
        }
      }
    }
    if (!link.isReadOnlyLink) {
      const rows = await all([link.alias[0].name].flat()[0], ["id", "*"])
      answer.records = byKey(rows, "id", columns)
    }
  }
  see("pricing", "Price")

  // Prices are calculated for a region and a currency, given as arguments along the link.
  const [region] = await all("region", ["id", "currency_code"], { filters: { name: "Europe" } })
  const context = { calculated_price: QueryContext({ region_id: region.id, currency_code: region.currency_code }) }
  for (const [link, model, entity] of [
    ["ProductVariantPriceSet", "ProductVariant", "variant"],
    ["ShippingOptionPriceSet", "ShippingOption", "shipping_option"],
  ]) {
    const priced = await all(entity, ["id", "calculated_price.*"], { context })
    links[link][`${model}.calculated_price`] = byKey(priced, "id", ({ calculated_price: price }) => price ?? null)
  }

  const records = {}
  for (const model of Object.keys(models).sort()) {
    const key = keyOf(model)
    const rows = await all(entryOf[`${models[model]}.${model}`], [key, "*"])
    records[model] = byKey(rows, key, columns)
  }

  const holds = {
    order: ["*", "items.*", "items.detail.*", "items.adjustments.*", "shipping_methods.*", "shipping_methods.detail.*", "summary.*"],
    return: ["*", "items.*", "shipping_methods.*"],
    order_claim: ["*", "claim_items.*", "additional_items.*", "shipping_methods.*"],
    order_exchange: ["*", "additional_items.*", "shipping_methods.*"],
  }
  const orders = {}
  for (const [entity, fields] of Object.entries(holds)) {
    orders[entity] = byKey(await all(entity, ["id", ...fields]), "id", (record) => record)
  }
  // Along with totals Medusa computes parts of the summary anew; asked for alone it is as it is kept.
  for (const { id, summary } of await all("order", ["id", "summary.*"])) orders.order[id].summary = summary

  writeFileSync(process.env.ASK_FILE, JSON.stringify({ links, models: records, orders }, null, 1))
}
