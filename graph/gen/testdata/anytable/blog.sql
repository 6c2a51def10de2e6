-- A module "blog" as Medusa 2.21 makes its tables, and the tables of the links that a shop defined with it.
CREATE TABLE link_module_migrations (
  id serial PRIMARY KEY, table_name varchar(255) NOT NULL UNIQUE, link_descriptor jsonb NOT NULL DEFAULT '{}',
  created_at timestamp DEFAULT CURRENT_TIMESTAMP);

CREATE TYPE post_mood_enum AS ENUM ('glad', 'sober');
CREATE TABLE "post" (
  "id" text NOT NULL, "title" text NOT NULL, "status" text CHECK ("status" IN ('draft', 'published')) NOT NULL DEFAULT 'draft',
  "mood" post_mood_enum NULL, "price" numeric NOT NULL DEFAULT 0, "raw_price" jsonb NOT NULL DEFAULT '{"value": "0", "precision": 20}',
  "views" integer NOT NULL DEFAULT 0, "rating" real NULL, "tags" text[] NULL, "metadata" jsonb NULL, "published_at" timestamptz NULL,
  "created_at" timestamptz NOT NULL DEFAULT now(), "updated_at" timestamptz NOT NULL DEFAULT now(), "deleted_at" timestamptz NULL,
  CONSTRAINT "post_pkey" PRIMARY KEY ("id"));
CREATE TABLE "site" (
  "code" text NOT NULL, "url" text NOT NULL,
  "created_at" timestamptz NOT NULL DEFAULT now(), "updated_at" timestamptz NOT NULL DEFAULT now(), "deleted_at" timestamptz NULL,
  CONSTRAINT "site_pkey" PRIMARY KEY ("code"));
CREATE TABLE "edition" (
  "id" serial NOT NULL, "name" text NOT NULL,
  "created_at" timestamptz NOT NULL DEFAULT now(), "updated_at" timestamptz NOT NULL DEFAULT now(), "deleted_at" timestamptz NULL,
  CONSTRAINT "edition_pkey" PRIMARY KEY ("id"));

CREATE TABLE "product_product_blog_post" (
  "product_id" varchar(255) NOT NULL, "post_id" varchar(255) NOT NULL, "id" varchar(255) NOT NULL,
  "created_at" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, "updated_at" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "deleted_at" timestamptz NULL, CONSTRAINT "product_product_blog_post_pkey" PRIMARY KEY ("product_id", "post_id"));
CREATE INDEX "IDX_id_1a67452ee" ON "product_product_blog_post" ("id");
CREATE INDEX "IDX_product_id_1a67452ee" ON "product_product_blog_post" ("product_id") WHERE deleted_at IS NULL;
CREATE INDEX "IDX_post_id_1a67452ee" ON "product_product_blog_post" ("post_id") WHERE deleted_at IS NULL;
CREATE INDEX "IDX_deleted_at_1a67452ee" ON "product_product_blog_post" ("deleted_at");

CREATE TABLE "my_posts" (
  "product_variant_id" varchar(255) NOT NULL, "post_id" varchar(255) NOT NULL, "id" varchar(255) NOT NULL,
  "sort" int NOT NULL DEFAULT 0, "note" text NULL, "flag" boolean NOT NULL DEFAULT false, "amount" numeric(10,0) NOT NULL,
  "data" jsonb NOT NULL, "day" date NULL, "at" timestamptz NULL, "kind" text NULL, "caption" varchar(255) NOT NULL, "big" bigint NULL,
  "words" text[] NULL,
  "created_at" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, "updated_at" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "deleted_at" timestamptz NULL, CONSTRAINT "my_posts_pkey" PRIMARY KEY ("product_variant_id", "post_id"));
CREATE INDEX "IDX_id_5bc547e3" ON "my_posts" ("id");
CREATE INDEX "IDX_product_variant_id_5bc547e3" ON "my_posts" ("product_variant_id") WHERE deleted_at IS NULL;
CREATE INDEX "IDX_post_id_5bc547e3" ON "my_posts" ("post_id") WHERE deleted_at IS NULL;
CREATE INDEX "IDX_deleted_at_5bc547e3" ON "my_posts" ("deleted_at");

CREATE TABLE "product_product_blog_site_code" (
  "product_id" varchar(255) NOT NULL, "site_code" varchar(255) NOT NULL, "id" varchar(255) NOT NULL,
  "created_at" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, "updated_at" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "deleted_at" timestamptz NULL, CONSTRAINT "product_product_blog_site_code_pkey" PRIMARY KEY ("product_id", "site_code"));
CREATE INDEX "IDX_id_145f9cf97" ON "product_product_blog_site_code" ("id");
CREATE INDEX "IDX_product_id_145f9cf97" ON "product_product_blog_site_code" ("product_id") WHERE deleted_at IS NULL;
CREATE INDEX "IDX_site_code_145f9cf97" ON "product_product_blog_site_code" ("site_code") WHERE deleted_at IS NULL;
CREATE INDEX "IDX_deleted_at_145f9cf97" ON "product_product_blog_site_code" ("deleted_at");

CREATE TABLE "product_product_blog_edition" (
  "product_id" varchar(255) NOT NULL, "edition_id" varchar(255) NOT NULL, "id" varchar(255) NOT NULL,
  "created_at" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP, "updated_at" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "deleted_at" timestamptz NULL, CONSTRAINT "product_product_blog_edition_pkey" PRIMARY KEY ("product_id", "edition_id"));
CREATE INDEX "IDX_id_-2d0e11a1" ON "product_product_blog_edition" ("id");
CREATE INDEX "IDX_product_id_-2d0e11a1" ON "product_product_blog_edition" ("product_id") WHERE deleted_at IS NULL;
CREATE INDEX "IDX_edition_id_-2d0e11a1" ON "product_product_blog_edition" ("edition_id") WHERE deleted_at IS NULL;
CREATE INDEX "IDX_deleted_at_-2d0e11a1" ON "product_product_blog_edition" ("deleted_at");

INSERT INTO link_module_migrations (table_name, link_descriptor) VALUES
  ('product_product_blog_post', '{"toModel": "post", "toModule": "blog", "fromModel": "product", "fromModule": "product"}'),
  ('my_posts', '{"toModel": "post", "toModule": "blog", "fromModel": "product_variant", "fromModule": "product"}'),
  ('product_product_blog_site_code', '{"toModel": "site", "toModule": "blog", "fromModel": "product", "fromModule": "product"}'),
  ('product_product_blog_edition', '{"toModel": "edition", "toModule": "blog", "fromModel": "product", "fromModule": "product"}');

INSERT INTO "post" (id, title, status, mood, price, raw_price) VALUES
  ('post_01JABCDEFGHJKMNPQRSTVWXYZ1', 'Hello', 'published', 'glad', 9.99, '{"value": "9.99", "precision": 20}'),
  ('post_01JABCDEFGHJKMNPQRSTVWXYZ2', 'Again', 'draft', NULL, 0, '{"value": "0", "precision": 20}');
INSERT INTO "site" (code, url) VALUES ('main', 'https://example.com');
INSERT INTO "edition" (name) VALUES ('First'), ('Second');
INSERT INTO "product_product_blog_post" (product_id, post_id, id) VALUES
  ('prod_pen', 'post_01JABCDEFGHJKMNPQRSTVWXYZ1', 'product_post_01JABCDEFGHJKMNPQRSTVWXYZ1'),
  ('prod_pen', 'post_01JABCDEFGHJKMNPQRSTVWXYZ2', 'product_post_01JABCDEFGHJKMNPQRSTVWXYZ2'),
  ('prod_ink', 'post_01JABCDEFGHJKMNPQRSTVWXYZ1', 'product_post_01JABCDEFGHJKMNPQRSTVWXYZ3');
INSERT INTO "product_product_blog_edition" (product_id, edition_id, id) VALUES
  ('prod_pen', '1', 'link_01JABCDEFGHJKMNPQRSTVWXYZ4'), ('prod_pen', '2', 'link_01JABCDEFGHJKMNPQRSTVWXYZ5');
