-- For databases of earlier versions.
-- They are brought to the structure that new ones have. Nothing else is touched: what has another name or another definition than
-- these had is another program's, and stays.
-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
  v record;
BEGIN
  -- Names of foreign keys.
  FOR v IN
    SELECT c.conrelid::regclass AS owner, c.conname, k.name
    FROM (VALUES
      ('image', 'image_product_id_fkey', 'image_product_id_foreign'),
      ('product', 'product_collection_id_fkey', 'product_collection_id_foreign'),
      ('product', 'product_type_id_fkey', 'product_type_id_foreign'),
      ('product_category', 'product_category_parent_category_id_fkey', 'product_category_parent_category_id_foreign'),
      ('product_category_product', 'product_category_product_product_category_id_fkey', 'product_category_product_product_category_id_foreign'),
      ('product_category_product', 'product_category_product_product_id_fkey', 'product_category_product_product_id_foreign'),
      ('product_option_value', 'product_option_value_option_id_fkey', 'product_option_value_option_id_foreign'),
      ('product_product_option', 'product_product_option_product_id_fkey', 'product_product_option_product_id_foreign'),
      ('product_product_option', 'product_product_option_product_option_id_fkey', 'product_product_option_product_option_id_foreign'),
      ('product_product_option_value', 'product_product_option_value_product_option_value_id_fkey', 'product_product_option_value_product_option_value_id_foreign'),
      ('product_product_option_value', 'product_product_option_value_product_product_option_id_fkey', 'product_product_option_value_product_product_option_id_foreign'),
      ('product_tags', 'product_tags_product_id_fkey', 'product_tags_product_id_foreign'),
      ('product_tags', 'product_tags_product_tag_id_fkey', 'product_tags_product_tag_id_foreign'),
      ('product_variant', 'product_variant_product_id_fkey', 'product_variant_product_id_foreign'),
      ('product_variant_option', 'product_variant_option_option_value_id_fkey', 'product_variant_option_option_value_id_foreign'),
      ('product_variant_option', 'product_variant_option_variant_id_fkey', 'product_variant_option_variant_id_foreign')
    ) AS k(owner, earlier, name)
    JOIN pg_constraint AS c ON c.conrelid = to_regclass(k.owner) AND c.conname = k.earlier
    WHERE NOT EXISTS (SELECT 1 FROM pg_constraint AS o WHERE o.conrelid = c.conrelid AND o.conname = k.name)
  LOOP
    EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', v.owner, v.conname, v.name);
  END LOOP;
  -- Definitions of indexes; those without one now are dropped.
  FOR v IN
    SELECT i.indexrelid::regclass AS index, i.indrelid::regclass AS owner, k.name, k.now
    FROM (VALUES
      ('IDX_image_deleted_at', '(deleted_at)', '(deleted_at) WHERE (deleted_at IS NULL)'::text),
      ('IDX_product_category_deleted_at', '(deleted_at)', NULL),
      ('IDX_product_product_option_deleted_at', '(deleted_at)', '(deleted_at) WHERE (deleted_at IS NULL)'),
      ('IDX_product_product_option_unique', '(product_id, product_option_id) WHERE (deleted_at IS NULL)', NULL),
      ('IDX_product_product_option_value_deleted_at', '(deleted_at)', '(deleted_at) WHERE (deleted_at IS NULL)')
    ) AS k(name, earlier, now)
    JOIN pg_index AS i ON i.indexrelid = to_regclass(quote_ident(k.name))
    WHERE regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING btree ', '') = k.earlier
  LOOP
    EXECUTE format('DROP INDEX %s', v.index);
    IF v.now IS NOT NULL THEN
      EXECUTE format('CREATE INDEX %I ON %s USING btree %s', v.name, v.owner, v.now);
    END IF;
  END LOOP;
  -- An index whose name was cut off.
  IF to_regclass('linkgraph_product_product_option_value_option_id') IS NULL THEN
    ALTER INDEX IF EXISTS linkgraph_product_product_option_value_product_product_option_i RENAME TO linkgraph_product_product_option_value_option_id;
  END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
-- What is made new has this structure from the start: there is nothing to go back to.
