// Fills a freshly migrated shop through Medusa's own workflows, so that every built-in link has live rows
// and some have removed ones. Run with: npx medusa exec ./seed.js
//
// Two links stay empty: order_claim_payment_collection and order_exchange_payment_collection are in
// Medusa's sources but not loaded, so they have no table.
const { ContainerRegistrationKeys, Modules } = require("@medusajs/framework/utils")
const flows = require("@medusajs/medusa/core-flows")

exports.default = async function seed({ container }) {
  const query = container.resolve(ContainerRegistrationKeys.QUERY)
  const link = container.resolve(ContainerRegistrationKeys.LINK)
  const run = async (workflow, input) => (await flows[workflow](container).run({ input })).result
  const find = async (entity, fields, filters) => (await query.graph({ entity, fields, filters })).data

  // --- The store: currencies, locales -------------------------------------------------------------------
  const [store] = await find("store", ["id", "default_sales_channel_id"])
  await run("updateStoresWorkflow", {
    selector: { id: store.id },
    update: {
      supported_currencies: [{ currency_code: "eur", is_default: true }, { currency_code: "usd" }],
      supported_locales: [{ locale_code: "en-US" }, { locale_code: "fr-FR" }, { locale_code: "de-DE" }],
    },
  })

  // --- Sales channels and keys --------------------------------------------------------------------------
  const [web, wholesale, closing] = await run("createSalesChannelsWorkflow", {
    salesChannelsData: [{ name: "Web" }, { name: "Wholesale" }, { name: "Closing" }],
  })
  const keys = await run("createApiKeysWorkflow", {
    api_keys: ["Web key", "Everything key"].map((title) => ({ title, type: "publishable", created_by: "" })),
  })
  await run("linkSalesChannelsToApiKeyWorkflow", { id: keys[0].id, add: [web.id, closing.id] })
  await run("linkSalesChannelsToApiKeyWorkflow", { id: keys[1].id, add: [web.id, wholesale.id] })
  await run("linkSalesChannelsToApiKeyWorkflow", { id: keys[0].id, remove: [closing.id] })

  // --- Regions, taxes, payment providers ----------------------------------------------------------------
  const providers = ["pp_system_default", "pp_second_second"]
  const [europe, america] = await run("createRegionsWorkflow", {
    regions: [
      { name: "Europe", currency_code: "eur", countries: ["de", "fr"], payment_providers: providers },
      { name: "America", currency_code: "usd", countries: ["us"], payment_providers: providers },
    ],
  })
  // Sets the region's providers to the given ones: the other one's link is dismissed.
  await run("updateRegionsWorkflow", {
    selector: { id: america.id },
    update: { payment_providers: [providers[0]] },
  })
  await run("createTaxRegionsWorkflow", [
    { country_code: "de", provider_id: "tp_system", default_tax_rate: { name: "VAT", code: "vat", rate: 19.5 } },
  ])

  // --- Stock locations, fulfillment providers, sets, shipping options -------------------------------------
  const [berlin, paris] = await run("createStockLocationsWorkflow", {
    locations: [
      { name: "Berlin", address: { address_1: "Hauptstr. 1", city: "Berlin", country_code: "DE" } },
      { name: "Paris", address: { address_1: "1 rue de Rivoli", city: "Paris", country_code: "FR" } },
    ],
  })
  await run("linkSalesChannelsToStockLocationWorkflow", { id: berlin.id, add: [web.id, wholesale.id, closing.id] })
  await run("linkSalesChannelsToStockLocationWorkflow", { id: paris.id, add: [web.id] })
  await run("linkSalesChannelsToStockLocationWorkflow", { id: berlin.id, remove: [closing.id] })
  const locationProvider = (location, id) => ({
    [Modules.STOCK_LOCATION]: { stock_location_id: location.id },
    [Modules.FULFILLMENT]: { fulfillment_provider_id: id },
  })
  await run("createLinksWorkflow", [
    locationProvider(berlin, "manual_manual"),
    locationProvider(berlin, "manual_second"),
    locationProvider(paris, "manual_manual"),
    locationProvider(paris, "manual_second"),
  ])
  await run("dismissLinksWorkflow", [locationProvider(paris, "manual_second")])

  for (const [location, name, type] of [
    [berlin, "Berlin parcels", "shipping"],
    [berlin, "Berlin shop", "pickup"],
    [paris, "Paris parcels", "shipping"],
    [paris, "Paris shop", "pickup"],
  ]) {
    await run("createLocationFulfillmentSetWorkflow", {
      location_id: location.id,
      fulfillment_set_data: { name, type },
    })
  }
  const sets = Object.fromEntries((await find("fulfillment_set", ["id", "name"])).map((set) => [set.name, set]))
  const [zone] = await run("createServiceZonesWorkflow", {
    data: [
      {
        name: "Germany and France",
        fulfillment_set_id: sets["Berlin parcels"].id,
        geo_zones: ["de", "fr"].map((country_code) => ({ type: "country", country_code })),
      },
    ],
  })
  const [smallThings, bigThings] = await run("createShippingProfilesWorkflow", {
    data: [
      { name: "Small things", type: "small" },
      { name: "Big things", type: "big" },
    ],
  })
  const shippingOption = (name, profile, price, isReturn) => ({
    name,
    price_type: "flat",
    service_zone_id: zone.id,
    shipping_profile_id: profile.id,
    provider_id: "manual_manual",
    type: { label: name, description: name, code: name.toLowerCase() },
    prices: [{ currency_code: "eur", amount: price }, { region_id: europe.id, amount: price + 0.5 }],
    rules: [
      { attribute: "is_return", operator: "eq", value: String(isReturn) },
      { attribute: "enabled_in_store", operator: "eq", value: "true" },
    ],
  })
  const [standard, express, back, dropped] = await run("createShippingOptionsWorkflow", [
    shippingOption("Standard", smallThings, 4.99, false),
    shippingOption("Express", smallThings, 9.9, false),
    shippingOption("Return", smallThings, 2.25, true),
    shippingOption("Dropped", bigThings, 100, false),
  ])
  // Deleting an end removes its links and, with them, the price set and the fulfillment set.
  await run("deleteShippingOptionsWorkflow", { ids: [dropped.id] })
  await run("deleteFulfillmentSetsWorkflow", { ids: [sets["Paris shop"].id] })

  // --- Products and stock ---------------------------------------------------------------------------------
  const categories = await run("createProductCategoriesWorkflow", {
    product_categories: [{ name: "Clothes", is_active: true }, { name: "Sale", is_active: true }],
  })
  const [collection] = await run("createCollectionsWorkflow", { collections: [{ title: "Summer" }] })
  const [type] = await run("createProductTypesWorkflow", { product_types: [{ value: "Shirt" }] })
  const tags = await run("createProductTagsWorkflow", { product_tags: [{ value: "new" }, { value: "cotton" }] })
  const [cloth, button] = await run("createInventoryItemsWorkflow", {
    items: [
      { sku: "cloth", title: "Cloth" },
      { sku: "button", title: "Button" },
    ],
  })

  const variant = (title, option, price, more) => ({
    title,
    sku: title.toLowerCase().replace(/\W+/g, "-"),
    options: { Size: option },
    prices: [
      { currency_code: "eur", amount: price },
      { currency_code: "usd", amount: price * 1.1 },
      { currency_code: "eur", amount: price - 0.01, rules: { region_id: europe.id } },
    ],
    ...more,
  })
  const product = (title, profile, channels, variants) => ({
    title,
    subtitle: `About ${title}`,
    description: `${title}, well made`,
    status: "published",
    weight: 250,
    collection_id: collection.id,
    type_id: type.id,
    category_ids: categories.map((category) => category.id),
    tag_ids: tags.map((tag) => tag.id),
    shipping_profile_id: profile.id,
    sales_channels: channels.map((channel) => ({ id: channel.id })),
    options: [{ title: "Size", values: variants.map((each) => each.options.Size) }],
    metadata: { made_in: "Berlin" },
    variants,
  })
  // A shirt is cut from cloth that its two sizes share; the small one takes buttons too.
  const shirtSmall = [
    { inventory_item_id: cloth.id, required_quantity: 1 },
    { inventory_item_id: button.id, required_quantity: 5 },
  ]
  const shirtLarge = [{ inventory_item_id: cloth.id, required_quantity: 2 }]
  const [shirt, mug, gone] = await run("createProductsWorkflow", {
    products: [
      product("Shirt", smallThings, [web, wholesale], [
        variant("Shirt S", "S", 19.99, { inventory_items: shirtSmall }),
        variant("Shirt L", "L", 21.5, { inventory_items: shirtLarge }),
      ]),
      product("Mug", smallThings, [web, closing], [
        variant("Mug", "One", 8.75, { manage_inventory: true }),
        variant("Big mug", "Big", 10.125, { manage_inventory: false }),
      ]),
      product("Gone", bigThings, [web], [variant("Gone", "One", 1)]),
      product("Sofa", bigThings, [], [variant("Sofa", "One", 799, { manage_inventory: false })]),
    ],
  })
  await run("linkProductsToSalesChannelWorkflow", { id: closing.id, remove: [mug.id] })
  await run("deleteProductsWorkflow", { ids: [gone.id] })
  const variants = Object.fromEntries(
    (await find("variant", ["id", "title", "inventory_items.inventory_item_id"])).map((each) => [each.title, each])
  )
  await run("createInventoryLevelsWorkflow", {
    inventory_levels: [berlin, paris].flatMap((location) =>
      [cloth.id, button.id, variants["Mug"].inventory_items[0].inventory_item_id].map((inventory_item_id) => ({
        inventory_item_id,
        location_id: location.id,
        stocked_quantity: 1000,
      }))
    ),
  })

  // --- Customers and their accounts with payment providers --------------------------------------------------
  const customers = await run("createCustomersWorkflow", {
    customersData: ["Ada", "Grace"].map((first_name) => ({
      first_name,
      email: `${first_name.toLowerCase()}@example.com`,
      has_account: true,
      addresses: [{ first_name, address_1: "Street 1", city: "Berlin", country_code: "de", postal_code: "10115" }],
    })),
  })
  const payment = container.resolve(Modules.PAYMENT)
  const holders = []
  for (const id of ["ada-1", "ada-2", "grace-1", "grace-2"]) {
    holders.push(
      await payment.createAccountHolder({ provider_id: providers[1], context: { customer: { id, email: `${id}@example.com` } } })
    )
  }
  const customerHolder = (customer, holder) => ({
    [Modules.CUSTOMER]: { customer_id: customer.id },
    [Modules.PAYMENT]: { account_holder_id: holder.id },
  })
  await link.create(holders.map((holder, i) => customerHolder(customers[i < 2 ? 0 : 1], holder)))
  await link.dismiss(customerHolder(customers[1], holders[3]))

  // --- Promotions ---------------------------------------------------------------------------------------------
  const promotion = (code, target_type, type, value) => ({
    code,
    type: "standard",
    status: "active",
    application_method: {
      type,
      target_type,
      value,
      allocation: "across",
      ...(type === "fixed" ? { currency_code: "eur" } : {}),
    },
  })
  await run("createPromotionsWorkflow", {
    promotionsData: [
      promotion("FIVE", "items", "fixed", 5),
      promotion("TENTH", "items", "percentage", 10),
      promotion("SHIP1", "shipping_methods", "fixed", 1),
    ],
  })

  // --- Roles, users, invites ------------------------------------------------------------------------------------
  const roles = await run("createRbacRolesWorkflow", {
    roles: ["Packer", "Editor", "Nobody"].map((name) => ({ name, description: `${name} of the shop` })),
  })
  const roleIds = roles.map((role) => role.id)
  const users = await run("createUsersWorkflow", {
    users: [
      { email: "one@example.com", first_name: "One", roles: roleIds.slice(0, 2) },
      { email: "two@example.com", first_name: "Two", roles: roleIds },
    ],
  })
  await run("createInvitesWorkflow", {
    invites: [
      { email: "three@example.com", roles: roleIds },
      { email: "four@example.com", roles: roleIds.slice(0, 1) },
    ],
  })
  const [invite] = await find("invite", ["id"], { email: "three@example.com" })
  await link.dismiss([
    { [Modules.USER]: { user_id: users[1].id }, [Modules.RBAC]: { rbac_role_id: roleIds[2] } },
    { [Modules.USER]: { invite_id: invite.id }, [Modules.RBAC]: { rbac_role_id: roleIds[2] } },
  ])

  // --- Translations -----------------------------------------------------------------------------------------------
  const [{ options }] = await find("product", ["options.id", "options.values.id"], { id: shirt.id })
  const translated = [
    ["product", shirt.id, "title"],
    ["product", mug.id, "title"],
    ["product_variant", variants["Shirt S"].id, "title"],
    ["product_category", categories[0].id, "name"],
    ["product_collection", collection.id, "title"],
    ["product_tag", tags[0].id, "value"],
    ["product_type", type.id, "value"],
    ["product_option", options[0].id, "title"],
    ["product_option_value", options[0].values[0].id, "value"],
  ]
  const translations = await run("createTranslationsWorkflow", {
    translations: translated.flatMap(([reference, reference_id, column]) =>
      ["fr-FR", "de-DE"].map((locale_code) => ({
        reference,
        reference_id,
        locale_code,
        translations: { [column]: `${column} in ${locale_code}` },
      }))
    ),
  })
  await run("deleteTranslationsWorkflow", { ids: [translations[translations.length - 1].id] })

  // --- Carts and orders -------------------------------------------------------------------------------------------
  const address = { first_name: "Ada", address_1: "Street 1", city: "Berlin", country_code: "de", postal_code: "10115" }
  const fillCart = async (customer, items, codes) => {
    const { id } = await run("createCartWorkflow", {
      region_id: europe.id,
      sales_channel_id: web.id,
      customer_id: customer.id,
      email: customer.email,
      shipping_address: address,
      billing_address: address,
      items: [{ variant_id: variants["Big mug"].id, quantity: 1 }],
    })
    await run("addToCartWorkflow", {
      cart_id: id,
      items: items.map(([title, quantity]) => ({ variant_id: variants[title].id, quantity })),
    })
    await run("addShippingMethodToCartWorkflow", { cart_id: id, options: [{ id: standard.id }] })
    await run("updateCartPromotionsWorkflow", { cart_id: id, promo_codes: codes, action: "add" })
    await run("createPaymentCollectionForCartWorkflow", { cart_id: id })
    return id
  }
  const placeOrder = async (customer, items, codes) => {
    const cart_id = await fillCart(customer, items, codes)
    const [{ payment_collection }] = await find("cart", ["payment_collection.id"], { id: cart_id })
    await run("createPaymentSessionsWorkflow", {
      payment_collection_id: payment_collection.id,
      provider_id: providers[0],
      customer_id: customer.id,
    })
    const { id } = await run("completeCartWorkflow", { id: cart_id })
    const [order] = await find("order", ["id", "items.*", "payment_collections.payments.id"], { id })
    await run("capturePaymentWorkflow", { payment_id: order.payment_collections[0].payments[0].id })
    return order
  }
  const ship = async (order, items) => {
    const fulfillment = await run("createOrderFulfillmentWorkflow", { order_id: order.id, location_id: berlin.id, items })
    await run("createOrderShipmentWorkflow", { order_id: order.id, fulfillment_id: fulfillment.id, items })
    await run("markOrderFulfillmentAsDeliveredWorkflow", { orderId: order.id, fulfillmentId: fulfillment.id })
  }

  // Open carts: one with promotions, of which one is taken off again, and one without.
  const open = await fillCart(customers[0], [["Shirt S", 2], ["Mug", 1]], ["FIVE", "TENTH", "SHIP1"])
  await run("updateCartPromotionsWorkflow", { cart_id: open, promo_codes: ["SHIP1"], action: "remove" })
  await fillCart(customers[1], [["Shirt L", 1]], [])

  // An order that is edited twice: its version is 3, and the rows of versions 1 and 2 stay in the tables.
  const edited = await placeOrder(customers[0], [["Shirt S", 3], ["Mug", 2]], ["FIVE", "TENTH"])
  const edit = async (change) => {
    await run("beginOrderEditOrderWorkflow", { order_id: edited.id })
    await change()
    await run("requestOrderEditRequestWorkflow", { order_id: edited.id })
    await run("confirmOrderEditRequestWorkflow", { order_id: edited.id })
  }
  await edit(() =>
    run("orderEditAddNewItemWorkflow", { order_id: edited.id, items: [{ variant_id: variants["Shirt L"].id, quantity: 2 }] })
  )
  await edit(() =>
    run("orderEditUpdateItemQuantityWorkflow", { order_id: edited.id, items: [{ id: edited.items[0].id, quantity: 0 }] })
  )

  // An order that is delivered in two parcels and then partly returned, claimed and exchanged.
  const returned = await placeOrder(customers[0], [["Shirt S", 4], ["Mug", 4]], ["FIVE", "SHIP1"])
  for (const items of [returned.items.slice(0, 1), returned.items.slice(1)]) {
    await ship(returned, items.map(({ id, quantity }) => ({ id, quantity })))
  }
  const worn = returned.items.find((item) => item.quantity === 4)
  const one = [{ id: worn.id, quantity: 1 }]

  for (const quantity of [1, 1]) {
    await run("beginReturnOrderWorkflow", { order_id: returned.id, location_id: berlin.id })
    const { return_id } = await latestChange(returned.id)
    await run("requestItemReturnWorkflow", { return_id, items: [{ id: worn.id, quantity }] })
    await run("createReturnShippingMethodWorkflow", { return_id, shipping_option_id: back.id })
    await run("confirmReturnRequestWorkflow", { return_id })
  }

  await run("beginClaimOrderWorkflow", { order_id: returned.id, type: "replace" })
  const { claim_id } = await latestChange(returned.id)
  await run("orderClaimItemWorkflow", { claim_id, items: [{ ...one[0], reason: "wrong_item" }] })
  await run("orderClaimAddNewItemWorkflow", { claim_id, items: [{ variant_id: variants["Shirt L"].id, quantity: 1 }] })
  await run("createClaimShippingMethodWorkflow", { claim_id, shipping_option_id: express.id })
  await run("confirmClaimRequestWorkflow", { claim_id })

  await run("beginExchangeOrderWorkflow", { order_id: returned.id })
  const { exchange_id } = await latestChange(returned.id)
  await run("orderExchangeRequestItemReturnWorkflow", { exchange_id, items: one })
  await run("orderExchangeAddNewItemWorkflow", { exchange_id, items: [{ variant_id: variants["Shirt L"].id, quantity: 1 }] })
  await run("createExchangeShippingMethodWorkflow", { exchange_id, shipping_option_id: express.id })
  await run("confirmExchangeRequestWorkflow", { exchange_id })

  // The parcel of the second return is moved to the first one.
  const [first, second] = await find("return", ["id", "fulfillments.id"], { order_id: returned.id, status: "requested" })
  const returnFulfillment = (owner) => ({
    [Modules.ORDER]: { return_id: owner.id },
    [Modules.FULFILLMENT]: { fulfillment_id: second.fulfillments[0].id },
  })
  await link.dismiss(returnFulfillment(second))
  await link.create(returnFulfillment(first))

  // An order of the other customer that loses all its links.
  const plain = await placeOrder(customers[1], [["Mug", 1]], ["TENTH"])
  await ship(plain, plain.items.slice(0, 1).map(({ id, quantity }) => ({ id, quantity })))
  const [linked] = await find(
    "order",
    ["cart.id", "cart.payment_collection.id", "promotions.id", "fulfillments.id", "payment_collections.id"],
    { id: plain.id }
  )
  const plainOrder = { [Modules.ORDER]: { order_id: plain.id } }
  await link.dismiss([
    { ...plainOrder, [Modules.CART]: { cart_id: linked.cart.id } },
    { ...plainOrder, [Modules.PROMOTION]: { promotion_id: linked.promotions[0].id } },
    { ...plainOrder, [Modules.FULFILLMENT]: { fulfillment_id: linked.fulfillments[0].id } },
    { ...plainOrder, [Modules.PAYMENT]: { payment_collection_id: linked.payment_collections[0].id } },
    {
      [Modules.CART]: { cart_id: linked.cart.id },
      [Modules.PAYMENT]: { payment_collection_id: linked.cart.payment_collection.id },
    },
  ])

  // --- Records that are gone while something still points at them -----------------------------------------------
  // A cart of a deleted customer; a promotion deleted behind the links' back; a link removed and made again.
  const [leaving] = await run("createCustomersWorkflow", { customersData: [{ email: "leaving@example.com", has_account: true }] })
  await run("createCartWorkflow", { region_id: europe.id, customer_id: leaving.id, email: leaving.email, sales_channel_id: web.id })
  await run("deleteCustomersWorkflow", { ids: [leaving.id] })
  const [ship1] = await find("promotion", ["id"], { code: "SHIP1" })
  await container.resolve(Modules.PROMOTION).softDeletePromotions([ship1.id])
  await run("linkProductsToSalesChannelWorkflow", { id: wholesale.id, remove: [shirt.id] })
  await run("linkProductsToSalesChannelWorkflow", { id: wholesale.id, add: [shirt.id] })

  // The change that was begun last for an order: it knows the return, claim or exchange it belongs to.
  async function latestChange(order_id) {
    const changes = await find("order_change", ["id", "return_id", "claim_id", "exchange_id", "status"], { order_id })
    return changes.find((change) => change.status === "pending")
  }
}
