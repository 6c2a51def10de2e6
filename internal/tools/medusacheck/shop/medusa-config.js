// The smallest shop with every built-in module: no admin, no Redis, all in memory but the database.
const { defineConfig, ModuleProvider, Modules } = require("@medusajs/framework/utils")
const { SystemPaymentProvider } = require("@medusajs/payment/dist/providers/system")

if (!process.env.DATABASE_URL) throw new Error("Set DATABASE_URL to the shop's database")

// SHOP_FLAGS=off leaves out the two modules behind feature flags, and so their links.
const flags = process.env.SHOP_FLAGS !== "off"

// A second payment provider, so that a region can have two. It does what the built-in one does.
class SecondPaymentProvider extends SystemPaymentProvider {
  static identifier = "second"
}

module.exports = defineConfig({
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { connection: { ssl: false } },
    http: {
      storeCors: "http://localhost",
      adminCors: "http://localhost",
      authCors: "http://localhost",
      jwtSecret: "not-a-secret",
      cookieSecret: "not-a-secret",
    },
  },
  admin: { disable: true },
  featureFlags: { rbac: flags, translation: flags },
  modules: [
    {
      resolve: "@medusajs/medusa/payment",
      options: {
        providers: [{ resolve: ModuleProvider(Modules.PAYMENT, { services: [SecondPaymentProvider] }), id: "second" }],
      },
    },
    {
      resolve: "@medusajs/medusa/fulfillment",
      options: {
        providers: ["manual", "second"].map((id) => ({ resolve: "@medusajs/medusa/fulfillment-manual", id })),
      },
    },
    ...(flags ? [{ resolve: "@medusajs/medusa/rbac" }, { resolve: "@medusajs/medusa/translation" }] : []),
  ],
})
