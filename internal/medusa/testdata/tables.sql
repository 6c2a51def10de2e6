-- Columns of all types, and of names that a field may not have.
CREATE TYPE "Mood" AS ENUM ('glad', 'sober');
CREATE TYPE loud AS ENUM ('HIGH', 'low');
CREATE TABLE post (
  id text PRIMARY KEY, title varchar(80) NOT NULL DEFAULT 'It''s new', kind text NOT NULL DEFAULT 'news' CHECK (kind IN ('news', 'long_read')),
  odd_kind text CHECK (odd_kind IN ('Big', 'small')), mood "Mood", loud loud NOT NULL DEFAULT 'low', author_id text,
  price numeric NOT NULL DEFAULT 1.50, raw_price jsonb, fee numeric, raw_note text,
  small smallint, large bigint, ratio double precision, part real, day date, moment timestamptz NOT NULL DEFAULT now(), bare timestamp, ref uuid,
  data jsonb NOT NULL DEFAULT '{}', old json, words text[], flag boolean NOT NULL DEFAULT true,
  "MAC address" text, "2fa" text, "deletedAt" text, line_1 text, "line1" text, "order" integer, "link" text, is_null boolean,
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz);
INSERT INTO post (id) VALUES ('post_01JABCDEFGHJKMNPQRSTVWXYZ1');

-- Keys of other types, in another schema, under names that are taken.
CREATE SCHEMA wms;
CREATE TABLE wms.device (id uuid PRIMARY KEY DEFAULT gen_random_uuid());
CREATE TABLE blog_note (no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, posts text);
CREATE TABLE link (id integer PRIMARY KEY);
CREATE TABLE pair (a text, b text, PRIMARY KEY (a, b));
CREATE TABLE price (amount numeric PRIMARY KEY);

CREATE FUNCTION pg_temp.make(name text, a text, b text, extra text, descriptor jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE %s (%s varchar(255) NOT NULL, %s varchar(255) NOT NULL, id varchar(255) NOT NULL, %s
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz, PRIMARY KEY (%2$s, %3$s))',
    name, a, b, extra);
  INSERT INTO link_module_migrations (table_name, link_descriptor) VALUES (split_part(replace(name, '"', ''), '.', -1), descriptor);
END $$;

SELECT pg_temp.make('product_post', 'product_id', 'post_id', '', '{"fromModule": "product", "fromModel": "product", "toModule": "blog", "toModel": "post"}');
SELECT pg_temp.make('my_posts', 'product_variant_id', 'post_id', $$
  sort int NOT NULL DEFAULT 0, note text, flag boolean NOT NULL DEFAULT false, amount numeric(10,0) NOT NULL, data jsonb NOT NULL DEFAULT '{}',
  day date, due date NOT NULL, at timestamptz, seen timestamptz(0), since timestamptz NOT NULL DEFAULT now(), kind text DEFAULT 'a', name varchar(255) NOT NULL,
  empty text NOT NULL DEFAULT '', big bigint, small smallint, ratio real, part double precision, words text[], "Odd" text, link text, caption varchar(9) NOT NULL,$$,
  '{"fromModule": "product", "fromModel": "product_variant", "toModule": "blog", "toModel": "post"}');
SELECT pg_temp.make('product_device', 'product_id', 'device_id', '', '{"fromModule": "product", "fromModel": "product", "toModule": "blog", "toModel": "device"}');
SELECT pg_temp.make('product_blog_note', 'product_id', 'note_no', '', '{"fromModule": "product", "fromModel": "product", "toModule": "blog", "toModel": "note"}');
SELECT pg_temp.make('post_note', 'post_id', 'blog_note_no', '', '{"fromModule": "blog", "fromModel": "post", "toModule": "blog", "toModel": "note"}');
SELECT pg_temp.make('"Product Link"', 'product_id', 'link_id', '', '{"fromModule": "product", "fromModel": "product", "toModule": "blog", "toModel": "link"}');

-- What cannot be declared.
SELECT pg_temp.make('product_pair', 'product_id', 'pair_a', '', '{"fromModule": "product", "fromModel": "product", "toModule": "blog", "toModel": "pair"}');
SELECT pg_temp.make('product_price', 'product_id', 'price_amount', '', '{"fromModule": "product", "fromModel": "product", "toModule": "blog", "toModel": "price"}');
SELECT pg_temp.make('product_bin', 'product_id', 'bin_aisle', '', '{"fromModule": "product", "fromModel": "product", "toModule": "product", "toModel": "bin"}');
SELECT pg_temp.make('product_gone', 'product_id', 'gone_id', '', '{"fromModule": "product", "fromModel": "product", "toModule": "blog", "toModel": "gone"}');
CREATE TABLE three (a text, b text, c text, PRIMARY KEY (a, b, c));
INSERT INTO link_module_migrations (table_name) VALUES ('three');

INSERT INTO product_post (product_id, post_id, id) VALUES ('p1', 'a', 'prodpost_01JABCDEFGHJKMNPQRSTVWXYZ1'), ('p1', 'b', 'prodpost_2'), ('p2', 'b', 'prodpost_3');
INSERT INTO product_device (product_id, device_id, id) VALUES ('p1', 'a', 'x_1'), ('p2', 'a', 'x_2');
