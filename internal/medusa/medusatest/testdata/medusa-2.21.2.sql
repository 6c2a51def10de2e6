-- The tables of a Medusa 2.21.2 that this program declares, as that Medusa made them: structure alone, and the rows by which
-- it knows its link tables, and the table in which it keeps account of its migrations. For tests.
--
-- Made with pg_dump --schema-only of a new shop (npx medusa db:migrate, with the feature flags rbac and translation), on
-- Postgres 15. The other tables, the settings and the comments are left out, and it is written shorter.

CREATE TYPE claim_reason_enum AS ENUM ('missing_item', 'wrong_item', 'production_failure', 'other');
CREATE TYPE order_claim_type_enum AS ENUM ('refund', 'replace');
CREATE TYPE order_status_enum AS ENUM ('pending', 'completed', 'draft', 'archived', 'canceled', 'requires_action');
CREATE TYPE return_status_enum AS ENUM ('open', 'requested', 'received', 'partially_received', 'canceled');
CREATE SEQUENCE link_module_migrations_id_seq AS integer;
CREATE SEQUENCE order_change_action_ordering_seq;
CREATE SEQUENCE order_claim_display_id_seq AS integer;
CREATE SEQUENCE order_display_id_seq AS integer;
CREATE SEQUENCE order_exchange_display_id_seq AS integer;
CREATE SEQUENCE return_display_id_seq AS integer;
CREATE TABLE account_holder (
	id text NOT NULL,
	provider_id text NOT NULL,
	external_id text NOT NULL,
	email text,
	data jsonb DEFAULT '{}'::jsonb NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT account_holder_pkey PRIMARY KEY (id)
);
CREATE TABLE api_key (
	id text NOT NULL,
	token text NOT NULL,
	salt text NOT NULL,
	redacted text NOT NULL,
	title text NOT NULL,
	type text NOT NULL,
	last_used_at timestamptz,
	created_by text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	revoked_by text,
	revoked_at timestamptz,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT api_key_type_check CHECK ((type = ANY (ARRAY['publishable'::text, 'secret'::text]))),
	CONSTRAINT api_key_pkey PRIMARY KEY (id)
);
CREATE TABLE application_method_buy_rules (
	application_method_id text NOT NULL,
	promotion_rule_id text NOT NULL,
	CONSTRAINT application_method_buy_rules_pkey PRIMARY KEY (application_method_id, promotion_rule_id)
);
CREATE TABLE application_method_target_rules (
	application_method_id text NOT NULL,
	promotion_rule_id text NOT NULL,
	CONSTRAINT application_method_target_rules_pkey PRIMARY KEY (application_method_id, promotion_rule_id)
);
CREATE TABLE capture (
	id text NOT NULL,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	payment_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	created_by text,
	metadata jsonb,
	CONSTRAINT capture_pkey PRIMARY KEY (id)
);
CREATE TABLE cart (
	id text NOT NULL,
	region_id text,
	customer_id text,
	sales_channel_id text,
	email text,
	currency_code text NOT NULL,
	shipping_address_id text,
	billing_address_id text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	completed_at timestamptz,
	locale text,
	CONSTRAINT cart_pkey PRIMARY KEY (id)
);
CREATE TABLE cart_address (
	id text NOT NULL,
	customer_id text,
	company text,
	first_name text,
	last_name text,
	address_1 text,
	address_2 text,
	city text,
	country_code text,
	province text,
	postal_code text,
	phone text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT cart_address_pkey PRIMARY KEY (id)
);
CREATE TABLE cart_line_item (
	id text NOT NULL,
	cart_id text NOT NULL,
	title text NOT NULL,
	subtitle text,
	thumbnail text,
	quantity integer NOT NULL,
	variant_id text,
	product_id text,
	product_title text,
	product_description text,
	product_subtitle text,
	product_type text,
	product_collection text,
	product_handle text,
	variant_sku text,
	variant_barcode text,
	variant_title text,
	variant_option_values jsonb,
	requires_shipping boolean DEFAULT true NOT NULL,
	is_discountable boolean DEFAULT true NOT NULL,
	is_tax_inclusive boolean DEFAULT false NOT NULL,
	compare_at_unit_price numeric,
	raw_compare_at_unit_price jsonb,
	unit_price numeric NOT NULL,
	raw_unit_price jsonb NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	product_type_id text,
	is_custom_price boolean DEFAULT false NOT NULL,
	is_giftcard boolean DEFAULT false NOT NULL,
	CONSTRAINT cart_line_item_unit_price_check CHECK ((unit_price >= (0)::numeric)),
	CONSTRAINT cart_line_item_pkey PRIMARY KEY (id)
);
CREATE TABLE cart_line_item_adjustment (
	id text NOT NULL,
	description text,
	promotion_id text,
	code text,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	provider_id text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	item_id text,
	is_tax_inclusive boolean DEFAULT false NOT NULL,
	CONSTRAINT cart_line_item_adjustment_check CHECK ((amount >= (0)::numeric)),
	CONSTRAINT cart_line_item_adjustment_pkey PRIMARY KEY (id)
);
CREATE TABLE cart_line_item_tax_line (
	id text NOT NULL,
	description text,
	tax_rate_id text,
	code text NOT NULL,
	rate real NOT NULL,
	provider_id text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	item_id text,
	data jsonb,
	CONSTRAINT cart_line_item_tax_line_pkey PRIMARY KEY (id)
);
CREATE TABLE cart_payment_collection (
	cart_id character varying(255) NOT NULL,
	payment_collection_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT cart_payment_collection_pkey PRIMARY KEY (cart_id, payment_collection_id)
);
CREATE TABLE cart_promotion (
	cart_id character varying(255) NOT NULL,
	promotion_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT cart_promotion_pkey PRIMARY KEY (cart_id, promotion_id)
);
CREATE TABLE cart_shipping_method (
	id text NOT NULL,
	cart_id text NOT NULL,
	name text NOT NULL,
	description jsonb,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	is_tax_inclusive boolean DEFAULT false NOT NULL,
	shipping_option_id text,
	data jsonb,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT cart_shipping_method_check CHECK ((amount >= (0)::numeric)),
	CONSTRAINT cart_shipping_method_pkey PRIMARY KEY (id)
);
CREATE TABLE cart_shipping_method_adjustment (
	id text NOT NULL,
	description text,
	promotion_id text,
	code text,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	provider_id text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	shipping_method_id text,
	CONSTRAINT cart_shipping_method_adjustment_pkey PRIMARY KEY (id)
);
CREATE TABLE cart_shipping_method_tax_line (
	id text NOT NULL,
	description text,
	tax_rate_id text,
	code text NOT NULL,
	rate real NOT NULL,
	provider_id text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	shipping_method_id text,
	data jsonb,
	CONSTRAINT cart_shipping_method_tax_line_pkey PRIMARY KEY (id)
);
CREATE TABLE credit_line (
	id text NOT NULL,
	cart_id text NOT NULL,
	reference text,
	reference_id text,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT credit_line_pkey PRIMARY KEY (id)
);
CREATE TABLE currency (
	code text NOT NULL,
	symbol text NOT NULL,
	symbol_native text NOT NULL,
	decimal_digits integer DEFAULT 0 NOT NULL,
	rounding numeric DEFAULT 0 NOT NULL,
	raw_rounding jsonb NOT NULL,
	name text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT currency_pkey PRIMARY KEY (code)
);
CREATE TABLE customer (
	id text NOT NULL,
	company_name text,
	first_name text,
	last_name text,
	email text,
	phone text,
	has_account boolean DEFAULT false NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	created_by text,
	CONSTRAINT customer_pkey PRIMARY KEY (id)
);
CREATE TABLE customer_account_holder (
	customer_id character varying(255) NOT NULL,
	account_holder_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT customer_account_holder_pkey PRIMARY KEY (customer_id, account_holder_id)
);
CREATE TABLE customer_address (
	id text NOT NULL,
	customer_id text NOT NULL,
	address_name text,
	is_default_shipping boolean DEFAULT false NOT NULL,
	is_default_billing boolean DEFAULT false NOT NULL,
	company text,
	first_name text,
	last_name text,
	address_1 text,
	address_2 text,
	city text,
	country_code text,
	province text,
	postal_code text,
	phone text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT customer_address_pkey PRIMARY KEY (id)
);
CREATE TABLE customer_group (
	id text NOT NULL,
	name text NOT NULL,
	metadata jsonb,
	created_by text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT customer_group_pkey PRIMARY KEY (id)
);
CREATE TABLE customer_group_customer (
	id text NOT NULL,
	customer_id text NOT NULL,
	customer_group_id text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	created_by text,
	deleted_at timestamptz,
	CONSTRAINT customer_group_customer_pkey PRIMARY KEY (id)
);
CREATE TABLE fulfillment (
	id text NOT NULL,
	location_id text NOT NULL,
	packed_at timestamptz,
	shipped_at timestamptz,
	delivered_at timestamptz,
	canceled_at timestamptz,
	data jsonb,
	provider_id text,
	shipping_option_id text,
	metadata jsonb,
	delivery_address_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	marked_shipped_by text,
	created_by text,
	requires_shipping boolean DEFAULT true NOT NULL,
	CONSTRAINT fulfillment_pkey PRIMARY KEY (id)
);
CREATE TABLE fulfillment_address (
	id text NOT NULL,
	company text,
	first_name text,
	last_name text,
	address_1 text,
	address_2 text,
	city text,
	country_code text,
	province text,
	postal_code text,
	phone text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT fulfillment_address_pkey PRIMARY KEY (id)
);
CREATE TABLE fulfillment_item (
	id text NOT NULL,
	title text NOT NULL,
	sku text NOT NULL,
	barcode text NOT NULL,
	quantity numeric NOT NULL,
	raw_quantity jsonb NOT NULL,
	line_item_id text,
	inventory_item_id text,
	fulfillment_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT fulfillment_item_pkey PRIMARY KEY (id)
);
CREATE TABLE fulfillment_label (
	id text NOT NULL,
	tracking_number text NOT NULL,
	tracking_url text NOT NULL,
	label_url text NOT NULL,
	fulfillment_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT fulfillment_label_pkey PRIMARY KEY (id)
);
CREATE TABLE fulfillment_provider (
	id text NOT NULL,
	is_enabled boolean DEFAULT true NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT fulfillment_provider_pkey PRIMARY KEY (id)
);
CREATE TABLE fulfillment_set (
	id text NOT NULL,
	name text NOT NULL,
	type text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT fulfillment_set_pkey PRIMARY KEY (id)
);
CREATE TABLE geo_zone (
	id text NOT NULL,
	type text DEFAULT 'country'::text NOT NULL,
	country_code text NOT NULL,
	province_code text,
	city text,
	service_zone_id text NOT NULL,
	postal_expression jsonb,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT geo_zone_type_check CHECK ((type = ANY (ARRAY['country'::text, 'province'::text, 'city'::text, 'zip'::text]))),
	CONSTRAINT geo_zone_pkey PRIMARY KEY (id)
);
CREATE TABLE image (
	id text NOT NULL,
	url text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	rank integer DEFAULT 0 NOT NULL,
	product_id text NOT NULL,
	CONSTRAINT image_pkey PRIMARY KEY (id)
);
CREATE TABLE inventory_item (
	id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	sku text,
	origin_country text,
	hs_code text,
	mid_code text,
	material text,
	weight integer,
	length integer,
	height integer,
	width integer,
	requires_shipping boolean DEFAULT true NOT NULL,
	description text,
	title text,
	thumbnail text,
	metadata jsonb,
	unit_of_measure text,
	CONSTRAINT inventory_item_pkey PRIMARY KEY (id)
);
CREATE TABLE inventory_level (
	id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	inventory_item_id text NOT NULL,
	location_id text NOT NULL,
	stocked_quantity numeric DEFAULT 0 NOT NULL,
	reserved_quantity numeric DEFAULT 0 NOT NULL,
	incoming_quantity numeric DEFAULT 0 NOT NULL,
	metadata jsonb,
	raw_stocked_quantity jsonb,
	raw_reserved_quantity jsonb,
	raw_incoming_quantity jsonb,
	CONSTRAINT inventory_level_pkey PRIMARY KEY (id)
);
CREATE TABLE invite (
	id text NOT NULL,
	email text NOT NULL,
	accepted boolean DEFAULT false NOT NULL,
	token text NOT NULL,
	expires_at timestamptz NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT invite_pkey PRIMARY KEY (id)
);
CREATE TABLE invite_rbac_role (
	invite_id character varying(255) NOT NULL,
	rbac_role_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT invite_rbac_role_pkey PRIMARY KEY (invite_id, rbac_role_id)
);
CREATE TABLE mikro_orm_migrations (
	id serial NOT NULL,
	name varchar(255),
	executed_at timestamptz DEFAULT CURRENT_TIMESTAMP,
	CONSTRAINT mikro_orm_migrations_pkey PRIMARY KEY (id)
);
CREATE TABLE link_module_migrations (
	id integer NOT NULL,
	table_name character varying(255) NOT NULL,
	link_descriptor jsonb DEFAULT '{}'::jsonb NOT NULL,
	created_at timestamp without time zone DEFAULT CURRENT_TIMESTAMP,
	CONSTRAINT link_module_migrations_pkey PRIMARY KEY (id)
);
CREATE TABLE locale (
	id text NOT NULL,
	code text NOT NULL,
	name text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT locale_pkey PRIMARY KEY (id)
);
CREATE TABLE location_fulfillment_provider (
	stock_location_id character varying(255) NOT NULL,
	fulfillment_provider_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT location_fulfillment_provider_pkey PRIMARY KEY (stock_location_id, fulfillment_provider_id)
);
CREATE TABLE location_fulfillment_set (
	stock_location_id character varying(255) NOT NULL,
	fulfillment_set_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT location_fulfillment_set_pkey PRIMARY KEY (stock_location_id, fulfillment_set_id)
);
CREATE TABLE "order" (
	id text NOT NULL,
	region_id text,
	display_id integer,
	customer_id text,
	version integer DEFAULT 1 NOT NULL,
	sales_channel_id text,
	status order_status_enum DEFAULT 'pending'::order_status_enum NOT NULL,
	is_draft_order boolean DEFAULT false NOT NULL,
	email text,
	currency_code text NOT NULL,
	shipping_address_id text,
	billing_address_id text,
	no_notification boolean,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	canceled_at timestamptz,
	custom_display_id text,
	locale text,
	CONSTRAINT order_pkey PRIMARY KEY (id)
);
CREATE TABLE order_address (
	id text NOT NULL,
	customer_id text,
	company text,
	first_name text,
	last_name text,
	address_1 text,
	address_2 text,
	city text,
	country_code text,
	province text,
	postal_code text,
	phone text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_address_pkey PRIMARY KEY (id)
);
CREATE TABLE order_cart (
	order_id character varying(255) NOT NULL,
	cart_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_cart_pkey PRIMARY KEY (order_id, cart_id)
);
CREATE TABLE order_change (
	id text NOT NULL,
	order_id text NOT NULL,
	version integer NOT NULL,
	description text,
	status text DEFAULT 'pending'::text NOT NULL,
	internal_note text,
	created_by text,
	requested_by text,
	requested_at timestamptz,
	confirmed_by text,
	confirmed_at timestamptz,
	declined_by text,
	declined_reason text,
	metadata jsonb,
	declined_at timestamptz,
	canceled_by text,
	canceled_at timestamptz,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	change_type text,
	deleted_at timestamptz,
	return_id text,
	claim_id text,
	exchange_id text,
	carry_over_promotions boolean,
	no_notification boolean,
	CONSTRAINT order_change_status_check CHECK ((status = ANY (ARRAY['confirmed'::text, 'declined'::text, 'requested'::text, 'pending'::text, 'canceled'::text]))),
	CONSTRAINT order_change_pkey PRIMARY KEY (id)
);
CREATE TABLE order_change_action (
	id text NOT NULL,
	order_id text,
	version integer,
	ordering bigint NOT NULL,
	order_change_id text,
	reference text,
	reference_id text,
	action text NOT NULL,
	details jsonb,
	amount numeric,
	raw_amount jsonb,
	internal_note text,
	applied boolean DEFAULT false NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	return_id text,
	claim_id text,
	exchange_id text,
	CONSTRAINT order_change_action_pkey PRIMARY KEY (id)
);
CREATE TABLE order_claim (
	id text NOT NULL,
	order_id text NOT NULL,
	return_id text,
	order_version integer NOT NULL,
	display_id integer NOT NULL,
	type order_claim_type_enum NOT NULL,
	no_notification boolean,
	refund_amount numeric,
	raw_refund_amount jsonb,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	canceled_at timestamptz,
	created_by text,
	CONSTRAINT order_claim_pkey PRIMARY KEY (id)
);
CREATE TABLE order_claim_item (
	id text NOT NULL,
	claim_id text NOT NULL,
	item_id text NOT NULL,
	is_additional_item boolean DEFAULT false NOT NULL,
	reason claim_reason_enum,
	quantity numeric NOT NULL,
	raw_quantity jsonb NOT NULL,
	note text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_claim_item_pkey PRIMARY KEY (id)
);
CREATE TABLE order_claim_item_image (
	id text NOT NULL,
	claim_item_id text NOT NULL,
	url text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_claim_item_image_pkey PRIMARY KEY (id)
);
CREATE TABLE order_credit_line (
	id text NOT NULL,
	order_id text NOT NULL,
	reference text,
	reference_id text,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	version integer DEFAULT 1 NOT NULL,
	CONSTRAINT order_credit_line_pkey PRIMARY KEY (id)
);
CREATE TABLE order_exchange (
	id text NOT NULL,
	order_id text NOT NULL,
	return_id text,
	order_version integer NOT NULL,
	display_id integer NOT NULL,
	no_notification boolean,
	allow_backorder boolean DEFAULT false NOT NULL,
	difference_due numeric,
	raw_difference_due jsonb,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	canceled_at timestamptz,
	created_by text,
	CONSTRAINT order_exchange_pkey PRIMARY KEY (id)
);
CREATE TABLE order_exchange_item (
	id text NOT NULL,
	exchange_id text NOT NULL,
	item_id text NOT NULL,
	quantity numeric NOT NULL,
	raw_quantity jsonb NOT NULL,
	note text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_exchange_item_pkey PRIMARY KEY (id)
);
CREATE TABLE order_fulfillment (
	order_id character varying(255) NOT NULL,
	fulfillment_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_fulfillment_pkey PRIMARY KEY (order_id, fulfillment_id)
);
CREATE TABLE order_item (
	id text NOT NULL,
	order_id text NOT NULL,
	version integer NOT NULL,
	item_id text NOT NULL,
	quantity numeric NOT NULL,
	raw_quantity jsonb NOT NULL,
	fulfilled_quantity numeric NOT NULL,
	raw_fulfilled_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	shipped_quantity numeric NOT NULL,
	raw_shipped_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	return_requested_quantity numeric NOT NULL,
	raw_return_requested_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	return_received_quantity numeric NOT NULL,
	raw_return_received_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	return_dismissed_quantity numeric NOT NULL,
	raw_return_dismissed_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	written_off_quantity numeric NOT NULL,
	raw_written_off_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	delivered_quantity numeric DEFAULT 0 NOT NULL,
	raw_delivered_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	unit_price numeric,
	raw_unit_price jsonb,
	compare_at_unit_price numeric,
	raw_compare_at_unit_price jsonb,
	CONSTRAINT order_item_pkey PRIMARY KEY (id)
);
CREATE TABLE order_line_item (
	id text NOT NULL,
	totals_id text,
	title text NOT NULL,
	subtitle text,
	thumbnail text,
	variant_id text,
	product_id text,
	product_title text,
	product_description text,
	product_subtitle text,
	product_type text,
	product_collection text,
	product_handle text,
	variant_sku text,
	variant_barcode text,
	variant_title text,
	variant_option_values jsonb,
	requires_shipping boolean DEFAULT true NOT NULL,
	is_discountable boolean DEFAULT true NOT NULL,
	is_tax_inclusive boolean DEFAULT false NOT NULL,
	compare_at_unit_price numeric,
	raw_compare_at_unit_price jsonb,
	unit_price numeric NOT NULL,
	raw_unit_price jsonb NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	is_custom_price boolean DEFAULT false NOT NULL,
	product_type_id text,
	is_giftcard boolean DEFAULT false NOT NULL,
	CONSTRAINT order_line_item_pkey PRIMARY KEY (id)
);
CREATE TABLE order_line_item_adjustment (
	id text NOT NULL,
	description text,
	promotion_id text,
	code text,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	provider_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	item_id text NOT NULL,
	deleted_at timestamptz,
	is_tax_inclusive boolean DEFAULT false NOT NULL,
	version integer DEFAULT 1 NOT NULL,
	CONSTRAINT order_line_item_adjustment_pkey PRIMARY KEY (id)
);
CREATE TABLE order_line_item_tax_line (
	id text NOT NULL,
	description text,
	tax_rate_id text,
	code text NOT NULL,
	rate numeric NOT NULL,
	raw_rate jsonb NOT NULL,
	provider_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	item_id text NOT NULL,
	deleted_at timestamptz,
	metadata jsonb,
	data jsonb,
	CONSTRAINT order_line_item_tax_line_pkey PRIMARY KEY (id)
);
CREATE TABLE order_payment_collection (
	order_id character varying(255) NOT NULL,
	payment_collection_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_payment_collection_pkey PRIMARY KEY (order_id, payment_collection_id)
);
CREATE TABLE order_promotion (
	order_id character varying(255) NOT NULL,
	promotion_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_promotion_pkey PRIMARY KEY (order_id, promotion_id)
);
CREATE TABLE order_shipping (
	id text NOT NULL,
	order_id text NOT NULL,
	version integer NOT NULL,
	shipping_method_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	return_id text,
	claim_id text,
	exchange_id text,
	CONSTRAINT order_shipping_pkey PRIMARY KEY (id)
);
CREATE TABLE order_shipping_method (
	id text NOT NULL,
	name text NOT NULL,
	description jsonb,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	is_tax_inclusive boolean DEFAULT false NOT NULL,
	shipping_option_id text,
	data jsonb,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	is_custom_amount boolean DEFAULT false NOT NULL,
	CONSTRAINT order_shipping_method_pkey PRIMARY KEY (id)
);
CREATE TABLE order_shipping_method_adjustment (
	id text NOT NULL,
	description text,
	promotion_id text,
	code text,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	provider_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	shipping_method_id text NOT NULL,
	deleted_at timestamptz,
	version integer DEFAULT 1 NOT NULL,
	CONSTRAINT order_shipping_method_adjustment_pkey PRIMARY KEY (id)
);
CREATE TABLE order_shipping_method_tax_line (
	id text NOT NULL,
	description text,
	tax_rate_id text,
	code text NOT NULL,
	rate numeric NOT NULL,
	raw_rate jsonb NOT NULL,
	provider_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	shipping_method_id text NOT NULL,
	deleted_at timestamptz,
	metadata jsonb,
	data jsonb,
	CONSTRAINT order_shipping_method_tax_line_pkey PRIMARY KEY (id)
);
CREATE TABLE order_summary (
	id text NOT NULL,
	order_id text NOT NULL,
	version integer DEFAULT 1 NOT NULL,
	totals jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT order_summary_pkey PRIMARY KEY (id)
);
CREATE TABLE order_transaction (
	id text NOT NULL,
	order_id text NOT NULL,
	version integer DEFAULT 1 NOT NULL,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	currency_code text NOT NULL,
	reference text,
	reference_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	return_id text,
	claim_id text,
	exchange_id text,
	CONSTRAINT order_transaction_pkey PRIMARY KEY (id)
);
CREATE TABLE payment (
	id text NOT NULL,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	currency_code text NOT NULL,
	provider_id text NOT NULL,
	data jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	captured_at timestamptz,
	canceled_at timestamptz,
	payment_collection_id text NOT NULL,
	payment_session_id text NOT NULL,
	metadata jsonb,
	CONSTRAINT payment_pkey PRIMARY KEY (id)
);
CREATE TABLE payment_collection (
	id text NOT NULL,
	currency_code text NOT NULL,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	authorized_amount numeric,
	raw_authorized_amount jsonb,
	captured_amount numeric,
	raw_captured_amount jsonb,
	refunded_amount numeric,
	raw_refunded_amount jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	completed_at timestamptz,
	status text DEFAULT 'not_paid'::text NOT NULL,
	metadata jsonb,
	CONSTRAINT payment_collection_status_check CHECK ((status = ANY (ARRAY['not_paid'::text, 'awaiting'::text, 'authorized'::text, 'partially_authorized'::text, 'canceled'::text, 'failed'::text, 'partially_captured'::text, 'completed'::text]))),
	CONSTRAINT payment_collection_pkey PRIMARY KEY (id)
);
CREATE TABLE payment_collection_payment_providers (
	payment_collection_id text NOT NULL,
	payment_provider_id text NOT NULL,
	CONSTRAINT payment_collection_payment_providers_pkey PRIMARY KEY (payment_collection_id, payment_provider_id)
);
CREATE TABLE payment_provider (
	id text NOT NULL,
	is_enabled boolean DEFAULT true NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT payment_provider_pkey PRIMARY KEY (id)
);
CREATE TABLE payment_session (
	id text NOT NULL,
	currency_code text NOT NULL,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	provider_id text NOT NULL,
	data jsonb DEFAULT '{}'::jsonb NOT NULL,
	context jsonb,
	status text DEFAULT 'pending'::text NOT NULL,
	authorized_at timestamptz,
	payment_collection_id text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT payment_session_status_check CHECK ((status = ANY (ARRAY['authorized'::text, 'captured'::text, 'pending'::text, 'requires_more'::text, 'error'::text, 'canceled'::text, 'pending_authorization'::text]))),
	CONSTRAINT payment_session_pkey PRIMARY KEY (id)
);
CREATE TABLE price (
	id text NOT NULL,
	title text,
	price_set_id text NOT NULL,
	currency_code text NOT NULL,
	raw_amount jsonb NOT NULL,
	rules_count integer DEFAULT 0,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	price_list_id text,
	amount numeric NOT NULL,
	min_quantity numeric,
	max_quantity numeric,
	raw_min_quantity jsonb,
	raw_max_quantity jsonb,
	CONSTRAINT price_pkey PRIMARY KEY (id)
);
CREATE TABLE price_list (
	id text NOT NULL,
	status text DEFAULT 'draft'::text NOT NULL,
	starts_at timestamptz,
	ends_at timestamptz,
	rules_count integer DEFAULT 0,
	title text NOT NULL,
	description text NOT NULL,
	type text DEFAULT 'sale'::text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	metadata jsonb,
	CONSTRAINT price_list_status_check CHECK ((status = ANY (ARRAY['active'::text, 'draft'::text]))),
	CONSTRAINT price_list_type_check CHECK ((type = ANY (ARRAY['sale'::text, 'override'::text]))),
	CONSTRAINT price_list_pkey PRIMARY KEY (id)
);
CREATE TABLE price_list_rule (
	id text NOT NULL,
	price_list_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	value jsonb,
	attribute text DEFAULT ''::text NOT NULL,
	CONSTRAINT price_list_rule_pkey PRIMARY KEY (id)
);
CREATE TABLE price_preference (
	id text NOT NULL,
	attribute text NOT NULL,
	value text,
	is_tax_inclusive boolean DEFAULT false NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT price_preference_pkey PRIMARY KEY (id)
);
CREATE TABLE price_rule (
	id text NOT NULL,
	value text NOT NULL,
	priority integer DEFAULT 0 NOT NULL,
	price_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	attribute text DEFAULT ''::text NOT NULL,
	operator text DEFAULT 'eq'::text NOT NULL,
	CONSTRAINT price_rule_operator_check CHECK ((operator = ANY (ARRAY['gte'::text, 'lte'::text, 'gt'::text, 'lt'::text, 'eq'::text]))),
	CONSTRAINT price_rule_pkey PRIMARY KEY (id)
);
CREATE TABLE price_set (
	id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT price_set_pkey PRIMARY KEY (id)
);
CREATE TABLE product (
	id text NOT NULL,
	title text NOT NULL,
	handle text NOT NULL,
	subtitle text,
	description text,
	is_giftcard boolean DEFAULT false NOT NULL,
	status text DEFAULT 'draft'::text NOT NULL,
	thumbnail text,
	weight real,
	length real,
	height real,
	width real,
	origin_country text,
	hs_code text,
	mid_code text,
	material text,
	collection_id text,
	type_id text,
	discountable boolean DEFAULT true NOT NULL,
	external_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	metadata jsonb,
	CONSTRAINT product_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'proposed'::text, 'published'::text, 'rejected'::text]))),
	CONSTRAINT product_pkey PRIMARY KEY (id)
);
CREATE TABLE product_category (
	id text NOT NULL,
	name text NOT NULL,
	description text DEFAULT ''::text NOT NULL,
	handle text NOT NULL,
	mpath text NOT NULL,
	is_active boolean DEFAULT false NOT NULL,
	is_internal boolean DEFAULT false NOT NULL,
	rank integer DEFAULT 0 NOT NULL,
	parent_category_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	metadata jsonb,
	external_id text,
	CONSTRAINT product_category_pkey PRIMARY KEY (id)
);
CREATE TABLE product_category_product (
	product_id text NOT NULL,
	product_category_id text NOT NULL,
	CONSTRAINT product_category_product_pkey PRIMARY KEY (product_id, product_category_id)
);
CREATE TABLE product_collection (
	id text NOT NULL,
	title text NOT NULL,
	handle text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	external_id text,
	CONSTRAINT product_collection_pkey PRIMARY KEY (id)
);
CREATE TABLE product_option (
	id text NOT NULL,
	title text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	is_exclusive boolean DEFAULT false NOT NULL,
	CONSTRAINT product_option_pkey PRIMARY KEY (id)
);
CREATE TABLE product_option_value (
	id text NOT NULL,
	value text NOT NULL,
	option_id text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	rank integer,
	CONSTRAINT product_option_value_pkey PRIMARY KEY (id)
);
CREATE TABLE product_product_option (
	id text NOT NULL,
	product_id text NOT NULL,
	product_option_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT product_product_option_pkey PRIMARY KEY (id)
);
CREATE TABLE product_product_option_value (
	id text NOT NULL,
	product_product_option_id text NOT NULL,
	product_option_value_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT product_product_option_value_pkey PRIMARY KEY (id)
);
CREATE TABLE product_sales_channel (
	product_id character varying(255) NOT NULL,
	sales_channel_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT product_sales_channel_pkey PRIMARY KEY (product_id, sales_channel_id)
);
CREATE TABLE product_shipping_profile (
	product_id character varying(255) NOT NULL,
	shipping_profile_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT product_shipping_profile_pkey PRIMARY KEY (product_id, shipping_profile_id)
);
CREATE TABLE product_tag (
	id text NOT NULL,
	value text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	external_id text,
	CONSTRAINT product_tag_pkey PRIMARY KEY (id)
);
CREATE TABLE product_tags (
	product_id text NOT NULL,
	product_tag_id text NOT NULL,
	CONSTRAINT product_tags_pkey PRIMARY KEY (product_id, product_tag_id)
);
CREATE TABLE product_type (
	id text NOT NULL,
	value text NOT NULL,
	metadata json,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	external_id text,
	CONSTRAINT product_type_pkey PRIMARY KEY (id)
);
CREATE TABLE product_variant (
	id text NOT NULL,
	title text NOT NULL,
	sku text,
	barcode text,
	ean text,
	upc text,
	allow_backorder boolean DEFAULT false NOT NULL,
	manage_inventory boolean DEFAULT true NOT NULL,
	hs_code text,
	origin_country text,
	mid_code text,
	material text,
	weight real,
	length real,
	height real,
	width real,
	metadata jsonb,
	variant_rank integer DEFAULT 0,
	product_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	thumbnail text,
	CONSTRAINT product_variant_pkey PRIMARY KEY (id)
);
CREATE TABLE product_variant_inventory_item (
	variant_id character varying(255) NOT NULL,
	inventory_item_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	required_quantity numeric DEFAULT 1 NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT product_variant_inventory_item_pkey PRIMARY KEY (variant_id, inventory_item_id)
);
CREATE TABLE product_variant_option (
	variant_id text NOT NULL,
	option_value_id text NOT NULL,
	CONSTRAINT product_variant_option_pkey PRIMARY KEY (variant_id, option_value_id)
);
CREATE TABLE product_variant_price_set (
	variant_id character varying(255) NOT NULL,
	price_set_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT product_variant_price_set_pkey PRIMARY KEY (variant_id, price_set_id)
);
CREATE TABLE product_variant_product_image (
	id text NOT NULL,
	variant_id text NOT NULL,
	image_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT product_variant_product_image_pkey PRIMARY KEY (id)
);
CREATE TABLE promotion (
	id text NOT NULL,
	code text NOT NULL,
	campaign_id text,
	is_automatic boolean DEFAULT false NOT NULL,
	type text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	status text DEFAULT 'draft'::text NOT NULL,
	is_tax_inclusive boolean DEFAULT false NOT NULL,
	"limit" integer,
	used integer DEFAULT 0 NOT NULL,
	metadata jsonb,
	CONSTRAINT promotion_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'active'::text, 'inactive'::text]))),
	CONSTRAINT promotion_type_check CHECK ((type = ANY (ARRAY['standard'::text, 'buyget'::text]))),
	CONSTRAINT promotion_pkey PRIMARY KEY (id)
);
CREATE TABLE promotion_application_method (
	id text NOT NULL,
	value numeric,
	raw_value jsonb,
	max_quantity integer,
	apply_to_quantity integer,
	buy_rules_min_quantity integer,
	type text NOT NULL,
	target_type text NOT NULL,
	allocation text,
	promotion_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	currency_code text,
	CONSTRAINT promotion_application_method_allocation_check CHECK ((allocation = ANY (ARRAY['each'::text, 'across'::text, 'once'::text]))),
	CONSTRAINT promotion_application_method_target_type_check CHECK ((target_type = ANY (ARRAY['order'::text, 'shipping_methods'::text, 'items'::text]))),
	CONSTRAINT promotion_application_method_type_check CHECK ((type = ANY (ARRAY['fixed'::text, 'percentage'::text]))),
	CONSTRAINT promotion_application_method_pkey PRIMARY KEY (id)
);
CREATE TABLE promotion_campaign (
	id text NOT NULL,
	name text NOT NULL,
	description text,
	campaign_identifier text NOT NULL,
	starts_at timestamptz,
	ends_at timestamptz,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT promotion_campaign_pkey PRIMARY KEY (id)
);
CREATE TABLE promotion_campaign_budget (
	id text NOT NULL,
	type text NOT NULL,
	campaign_id text NOT NULL,
	"limit" numeric,
	raw_limit jsonb,
	used numeric DEFAULT 0 NOT NULL,
	raw_used jsonb NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	currency_code text,
	attribute text,
	CONSTRAINT promotion_campaign_budget_type_check CHECK ((type = ANY (ARRAY['spend'::text, 'usage'::text, 'use_by_attribute'::text, 'spend_by_attribute'::text]))),
	CONSTRAINT promotion_campaign_budget_pkey PRIMARY KEY (id)
);
CREATE TABLE promotion_campaign_budget_usage (
	id text NOT NULL,
	attribute_value text NOT NULL,
	used numeric DEFAULT 0 NOT NULL,
	budget_id text NOT NULL,
	raw_used jsonb NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT promotion_campaign_budget_usage_pkey PRIMARY KEY (id)
);
CREATE TABLE promotion_promotion_rule (
	promotion_id text NOT NULL,
	promotion_rule_id text NOT NULL,
	CONSTRAINT promotion_promotion_rule_pkey PRIMARY KEY (promotion_id, promotion_rule_id)
);
CREATE TABLE promotion_rule (
	id text NOT NULL,
	description text,
	attribute text NOT NULL,
	operator text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT promotion_rule_operator_check CHECK ((operator = ANY (ARRAY['gte'::text, 'lte'::text, 'gt'::text, 'lt'::text, 'eq'::text, 'ne'::text, 'in'::text]))),
	CONSTRAINT promotion_rule_pkey PRIMARY KEY (id)
);
CREATE TABLE promotion_rule_value (
	id text NOT NULL,
	promotion_rule_id text NOT NULL,
	value text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT promotion_rule_value_pkey PRIMARY KEY (id)
);
CREATE TABLE publishable_api_key_sales_channel (
	publishable_key_id character varying(255) NOT NULL,
	sales_channel_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT publishable_api_key_sales_channel_pkey PRIMARY KEY (publishable_key_id, sales_channel_id)
);
CREATE TABLE rbac_policy (
	id text NOT NULL,
	key text NOT NULL,
	resource text NOT NULL,
	operation text NOT NULL,
	name text,
	description text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT rbac_policy_pkey PRIMARY KEY (id)
);
CREATE TABLE rbac_role (
	id text NOT NULL,
	name text NOT NULL,
	description text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT rbac_role_pkey PRIMARY KEY (id)
);
CREATE TABLE rbac_role_inheritance (
	id text NOT NULL,
	role_id text NOT NULL,
	inherited_role_id text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT rbac_role_inheritance_pkey PRIMARY KEY (id)
);
CREATE TABLE rbac_role_parent (
	id text NOT NULL,
	role_id text NOT NULL,
	parent_id text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT rbac_role_parent_pkey PRIMARY KEY (id)
);
CREATE TABLE rbac_role_policy (
	id text NOT NULL,
	role_id text NOT NULL,
	policy_id text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT rbac_role_policy_pkey PRIMARY KEY (id)
);
CREATE TABLE refund (
	id text NOT NULL,
	amount numeric NOT NULL,
	raw_amount jsonb NOT NULL,
	payment_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	created_by text,
	metadata jsonb,
	refund_reason_id text,
	note text,
	CONSTRAINT refund_pkey PRIMARY KEY (id)
);
CREATE TABLE refund_reason (
	id text NOT NULL,
	label text NOT NULL,
	description text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	code text NOT NULL,
	CONSTRAINT refund_reason_pkey PRIMARY KEY (id)
);
CREATE TABLE region (
	id text NOT NULL,
	name text NOT NULL,
	currency_code text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	automatic_taxes boolean DEFAULT true NOT NULL,
	CONSTRAINT region_pkey PRIMARY KEY (id)
);
CREATE TABLE region_country (
	iso_2 text NOT NULL,
	iso_3 text NOT NULL,
	num_code text NOT NULL,
	name text NOT NULL,
	display_name text NOT NULL,
	region_id text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT region_country_pkey PRIMARY KEY (iso_2)
);
CREATE TABLE region_payment_provider (
	region_id character varying(255) NOT NULL,
	payment_provider_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT region_payment_provider_pkey PRIMARY KEY (region_id, payment_provider_id)
);
CREATE TABLE reservation_item (
	id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	line_item_id text,
	location_id text NOT NULL,
	quantity numeric NOT NULL,
	external_id text,
	description text,
	created_by text,
	metadata jsonb,
	inventory_item_id text NOT NULL,
	allow_backorder boolean DEFAULT false,
	raw_quantity jsonb,
	CONSTRAINT reservation_item_pkey PRIMARY KEY (id)
);
CREATE TABLE return (
	id text NOT NULL,
	order_id text NOT NULL,
	claim_id text,
	exchange_id text,
	order_version integer NOT NULL,
	display_id integer NOT NULL,
	status return_status_enum DEFAULT 'open'::return_status_enum NOT NULL,
	no_notification boolean,
	refund_amount numeric,
	raw_refund_amount jsonb,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	received_at timestamptz,
	canceled_at timestamptz,
	location_id text,
	requested_at timestamptz,
	created_by text,
	CONSTRAINT return_pkey PRIMARY KEY (id)
);
CREATE TABLE return_fulfillment (
	return_id character varying(255) NOT NULL,
	fulfillment_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT return_fulfillment_pkey PRIMARY KEY (return_id, fulfillment_id)
);
CREATE TABLE return_item (
	id text NOT NULL,
	return_id text NOT NULL,
	reason_id text,
	item_id text NOT NULL,
	quantity numeric NOT NULL,
	raw_quantity jsonb NOT NULL,
	received_quantity numeric DEFAULT 0 NOT NULL,
	raw_received_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	note text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	damaged_quantity numeric DEFAULT 0 NOT NULL,
	raw_damaged_quantity jsonb DEFAULT '{"value": "0", "precision": 20}'::jsonb NOT NULL,
	CONSTRAINT return_item_pkey PRIMARY KEY (id)
);
CREATE TABLE return_reason (
	id character varying NOT NULL,
	value character varying NOT NULL,
	label character varying NOT NULL,
	description character varying,
	metadata jsonb,
	parent_return_reason_id character varying,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT return_reason_pkey PRIMARY KEY (id)
);
CREATE TABLE sales_channel (
	id text NOT NULL,
	name text NOT NULL,
	description text,
	is_disabled boolean DEFAULT false NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT sales_channel_pkey PRIMARY KEY (id)
);
CREATE TABLE sales_channel_stock_location (
	sales_channel_id character varying(255) NOT NULL,
	stock_location_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT sales_channel_stock_location_pkey PRIMARY KEY (sales_channel_id, stock_location_id)
);
CREATE TABLE service_zone (
	id text NOT NULL,
	name text NOT NULL,
	metadata jsonb,
	fulfillment_set_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT service_zone_pkey PRIMARY KEY (id)
);
CREATE TABLE shipping_option (
	id text NOT NULL,
	name text NOT NULL,
	price_type text DEFAULT 'flat'::text NOT NULL,
	service_zone_id text NOT NULL,
	shipping_profile_id text,
	provider_id text,
	data jsonb,
	metadata jsonb,
	shipping_option_type_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT shipping_option_price_type_check CHECK ((price_type = ANY (ARRAY['calculated'::text, 'flat'::text]))),
	CONSTRAINT shipping_option_pkey PRIMARY KEY (id)
);
CREATE TABLE shipping_option_price_set (
	shipping_option_id character varying(255) NOT NULL,
	price_set_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT shipping_option_price_set_pkey PRIMARY KEY (shipping_option_id, price_set_id)
);
CREATE TABLE shipping_option_rule (
	id text NOT NULL,
	attribute text NOT NULL,
	operator text NOT NULL,
	value jsonb,
	shipping_option_id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT shipping_option_rule_operator_check CHECK ((operator = ANY (ARRAY['in'::text, 'eq'::text, 'ne'::text, 'gt'::text, 'gte'::text, 'lt'::text, 'lte'::text, 'nin'::text]))),
	CONSTRAINT shipping_option_rule_pkey PRIMARY KEY (id)
);
CREATE TABLE shipping_option_type (
	id text NOT NULL,
	label text NOT NULL,
	description text,
	code text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT shipping_option_type_pkey PRIMARY KEY (id)
);
CREATE TABLE shipping_profile (
	id text NOT NULL,
	name text NOT NULL,
	type text NOT NULL,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT shipping_profile_pkey PRIMARY KEY (id)
);
CREATE TABLE stock_location (
	id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	name text NOT NULL,
	address_id text,
	metadata jsonb,
	CONSTRAINT stock_location_pkey PRIMARY KEY (id)
);
CREATE TABLE stock_location_address (
	id text NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	address_1 text NOT NULL,
	address_2 text,
	company text,
	city text,
	country_code text NOT NULL,
	phone text,
	province text,
	postal_code text,
	metadata jsonb,
	CONSTRAINT stock_location_address_pkey PRIMARY KEY (id)
);
CREATE TABLE store (
	id text NOT NULL,
	name text DEFAULT 'Medusa Store'::text NOT NULL,
	default_sales_channel_id text,
	default_region_id text,
	default_location_id text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT store_pkey PRIMARY KEY (id)
);
CREATE TABLE store_currency (
	id text NOT NULL,
	currency_code text NOT NULL,
	is_default boolean DEFAULT false NOT NULL,
	store_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT store_currency_pkey PRIMARY KEY (id)
);
CREATE TABLE store_locale (
	id text NOT NULL,
	locale_code text NOT NULL,
	store_id text,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT store_locale_pkey PRIMARY KEY (id)
);
CREATE TABLE translation (
	id text NOT NULL,
	reference_id text NOT NULL,
	reference text NOT NULL,
	locale_code text NOT NULL,
	translations jsonb NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	translated_field_count integer DEFAULT 0 NOT NULL,
	CONSTRAINT translation_pkey PRIMARY KEY (id)
);
CREATE TABLE translation_settings (
	id text NOT NULL,
	entity_type text NOT NULL,
	fields jsonb NOT NULL,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	is_active boolean DEFAULT true NOT NULL,
	CONSTRAINT translation_settings_pkey PRIMARY KEY (id)
);
CREATE TABLE "user" (
	id text NOT NULL,
	first_name text,
	last_name text,
	email text NOT NULL,
	avatar_url text,
	metadata jsonb,
	created_at timestamptz DEFAULT now() NOT NULL,
	updated_at timestamptz DEFAULT now() NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT user_pkey PRIMARY KEY (id)
);
CREATE TABLE user_rbac_role (
	user_id character varying(255) NOT NULL,
	rbac_role_id character varying(255) NOT NULL,
	id character varying(255) NOT NULL,
	created_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	updated_at timestamptz DEFAULT CURRENT_TIMESTAMP NOT NULL,
	deleted_at timestamptz,
	CONSTRAINT user_rbac_role_pkey PRIMARY KEY (user_id, rbac_role_id)
);
ALTER SEQUENCE link_module_migrations_id_seq OWNED BY link_module_migrations.id;
ALTER SEQUENCE order_change_action_ordering_seq OWNED BY order_change_action.ordering;
ALTER SEQUENCE order_claim_display_id_seq OWNED BY order_claim.display_id;
ALTER SEQUENCE order_display_id_seq OWNED BY "order".display_id;
ALTER SEQUENCE order_exchange_display_id_seq OWNED BY order_exchange.display_id;
ALTER SEQUENCE return_display_id_seq OWNED BY return.display_id;
ALTER TABLE link_module_migrations ALTER COLUMN id SET DEFAULT nextval('link_module_migrations_id_seq');
ALTER TABLE "order" ALTER COLUMN display_id SET DEFAULT nextval('order_display_id_seq');
ALTER TABLE order_change_action ALTER COLUMN ordering SET DEFAULT nextval('order_change_action_ordering_seq');
ALTER TABLE order_claim ALTER COLUMN display_id SET DEFAULT nextval('order_claim_display_id_seq');
ALTER TABLE order_exchange ALTER COLUMN display_id SET DEFAULT nextval('order_exchange_display_id_seq');
ALTER TABLE return ALTER COLUMN display_id SET DEFAULT nextval('return_display_id_seq');
ALTER TABLE link_module_migrations ADD CONSTRAINT link_module_migrations_table_name_key UNIQUE (table_name);
CREATE INDEX "IDX_account_holder_deleted_at" ON account_holder (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_account_holder_id_5cb3a0c0" ON customer_account_holder (account_holder_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_account_holder_provider_id_external_id_unique" ON account_holder (provider_id, external_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_api_key_deleted_at" ON api_key (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_api_key_redacted" ON api_key (redacted) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_api_key_revoked_at" ON api_key (revoked_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_api_key_token_unique" ON api_key (token);
CREATE INDEX "IDX_api_key_type" ON api_key (type);
CREATE INDEX "IDX_application_method_allocation" ON promotion_application_method (allocation);
CREATE INDEX "IDX_application_method_target_type" ON promotion_application_method (target_type);
CREATE INDEX "IDX_application_method_type" ON promotion_application_method (type);
CREATE INDEX "IDX_campaign_budget_type" ON promotion_campaign_budget (type);
CREATE INDEX "IDX_capture_deleted_at" ON capture (deleted_at);
CREATE INDEX "IDX_capture_payment_id" ON capture (payment_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_address_deleted_at" ON cart_address (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_billing_address_id" ON cart (billing_address_id) WHERE ((deleted_at IS NULL) AND (billing_address_id IS NOT NULL));
CREATE INDEX "IDX_cart_credit_line_reference_reference_id" ON credit_line (reference, reference_id) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_currency_code" ON cart (currency_code);
CREATE INDEX "IDX_cart_customer_id" ON cart (customer_id) WHERE ((deleted_at IS NULL) AND (customer_id IS NOT NULL));
CREATE INDEX "IDX_cart_deleted_at" ON cart (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_id_-4a39f6c9" ON cart_payment_collection (cart_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_id_-71069c16" ON order_cart (cart_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_id_-a9d4a70b" ON cart_promotion (cart_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_line_item_adjustment_deleted_at" ON cart_line_item_adjustment (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_line_item_adjustment_item_id" ON cart_line_item_adjustment (item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_line_item_cart_id" ON cart_line_item (cart_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_line_item_deleted_at" ON cart_line_item (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_line_item_tax_line_deleted_at" ON cart_line_item_tax_line (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_line_item_tax_line_item_id" ON cart_line_item_tax_line (item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_region_id" ON cart (region_id) WHERE ((deleted_at IS NULL) AND (region_id IS NOT NULL));
CREATE INDEX "IDX_cart_sales_channel_id" ON cart (sales_channel_id) WHERE ((deleted_at IS NULL) AND (sales_channel_id IS NOT NULL));
CREATE INDEX "IDX_cart_shipping_address_id" ON cart (shipping_address_id) WHERE ((deleted_at IS NULL) AND (shipping_address_id IS NOT NULL));
CREATE INDEX "IDX_cart_shipping_method_adjustment_deleted_at" ON cart_shipping_method_adjustment (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_shipping_method_adjustment_shipping_method_id" ON cart_shipping_method_adjustment (shipping_method_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_shipping_method_cart_id" ON cart_shipping_method (cart_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_cart_shipping_method_deleted_at" ON cart_shipping_method (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_shipping_method_tax_line_deleted_at" ON cart_shipping_method_tax_line (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_cart_shipping_method_tax_line_shipping_method_id" ON cart_shipping_method_tax_line (shipping_method_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_category_handle_unique" ON product_category (handle) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_collection_handle_unique" ON product_collection (handle) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_credit_line_cart_id" ON credit_line (cart_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_credit_line_deleted_at" ON credit_line (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_customer_address_customer_id" ON customer_address (customer_id);
CREATE INDEX "IDX_customer_address_deleted_at" ON customer_address (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_customer_address_unique_customer_billing" ON customer_address (customer_id) WHERE (is_default_billing = true);
CREATE UNIQUE INDEX "IDX_customer_address_unique_customer_shipping" ON customer_address (customer_id) WHERE (is_default_shipping = true);
CREATE INDEX "IDX_customer_deleted_at" ON customer (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_customer_email_has_account_unique" ON customer (email, has_account) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_customer_group_customer_customer_group_id" ON customer_group_customer (customer_group_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_customer_group_customer_customer_id" ON customer_group_customer (customer_id);
CREATE INDEX "IDX_customer_group_customer_deleted_at" ON customer_group_customer (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_customer_group_deleted_at" ON customer_group (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_customer_group_name_unique" ON customer_group (name) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_customer_id_5cb3a0c0" ON customer_account_holder (customer_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_deleted_at_-1d67bae40" ON publishable_api_key_sales_channel (deleted_at);
CREATE INDEX "IDX_deleted_at_-1e5992737" ON location_fulfillment_provider (deleted_at);
CREATE INDEX "IDX_deleted_at_-31ea43a" ON return_fulfillment (deleted_at);
CREATE INDEX "IDX_deleted_at_-4a39f6c9" ON cart_payment_collection (deleted_at);
CREATE INDEX "IDX_deleted_at_-71069c16" ON order_cart (deleted_at);
CREATE INDEX "IDX_deleted_at_-71518339" ON order_promotion (deleted_at);
CREATE INDEX "IDX_deleted_at_-85069d44" ON invite_rbac_role (deleted_at);
CREATE INDEX "IDX_deleted_at_-a9d4a70b" ON cart_promotion (deleted_at);
CREATE INDEX "IDX_deleted_at_-e88adb96" ON location_fulfillment_set (deleted_at);
CREATE INDEX "IDX_deleted_at_-e8d2543e" ON order_fulfillment (deleted_at);
CREATE INDEX "IDX_deleted_at_17a262437" ON product_shipping_profile (deleted_at);
CREATE INDEX "IDX_deleted_at_17b4c4e35" ON product_variant_inventory_item (deleted_at);
CREATE INDEX "IDX_deleted_at_1c934dab0" ON region_payment_provider (deleted_at);
CREATE INDEX "IDX_deleted_at_20b454295" ON product_sales_channel (deleted_at);
CREATE INDEX "IDX_deleted_at_26d06f470" ON sales_channel_stock_location (deleted_at);
CREATE INDEX "IDX_deleted_at_52b23597" ON product_variant_price_set (deleted_at);
CREATE INDEX "IDX_deleted_at_5cb3a0c0" ON customer_account_holder (deleted_at);
CREATE INDEX "IDX_deleted_at_64ff0c4c" ON user_rbac_role (deleted_at);
CREATE INDEX "IDX_deleted_at_ba32fa9c" ON shipping_option_price_set (deleted_at);
CREATE INDEX "IDX_deleted_at_f42b9949" ON order_payment_collection (deleted_at);
CREATE INDEX "IDX_fulfillment_address_deleted_at" ON fulfillment_address (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_fulfillment_deleted_at" ON fulfillment (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_fulfillment_id_-31ea43a" ON return_fulfillment (fulfillment_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_id_-e8d2543e" ON order_fulfillment (fulfillment_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_item_deleted_at" ON fulfillment_item (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_fulfillment_item_fulfillment_id" ON fulfillment_item (fulfillment_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_item_inventory_item_id" ON fulfillment_item (inventory_item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_item_line_item_id" ON fulfillment_item (line_item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_label_deleted_at" ON fulfillment_label (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_fulfillment_label_fulfillment_id" ON fulfillment_label (fulfillment_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_location_id" ON fulfillment (location_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_provider_deleted_at" ON fulfillment_provider (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_provider_id_-1e5992737" ON location_fulfillment_provider (fulfillment_provider_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_set_deleted_at" ON fulfillment_set (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_fulfillment_set_id_-e88adb96" ON location_fulfillment_set (fulfillment_set_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_fulfillment_set_name_unique" ON fulfillment_set (name) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_fulfillment_shipping_option_id" ON fulfillment (shipping_option_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_geo_zone_city" ON geo_zone (city) WHERE ((deleted_at IS NULL) AND (city IS NOT NULL));
CREATE INDEX "IDX_geo_zone_country_code" ON geo_zone (country_code) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_geo_zone_deleted_at" ON geo_zone (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_geo_zone_province_code" ON geo_zone (province_code) WHERE ((deleted_at IS NULL) AND (province_code IS NOT NULL));
CREATE INDEX "IDX_geo_zone_service_zone_id" ON geo_zone (service_zone_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_id_-1d67bae40" ON publishable_api_key_sales_channel (id);
CREATE INDEX "IDX_id_-1e5992737" ON location_fulfillment_provider (id);
CREATE INDEX "IDX_id_-31ea43a" ON return_fulfillment (id);
CREATE INDEX "IDX_id_-4a39f6c9" ON cart_payment_collection (id);
CREATE INDEX "IDX_id_-71069c16" ON order_cart (id);
CREATE INDEX "IDX_id_-71518339" ON order_promotion (id);
CREATE INDEX "IDX_id_-85069d44" ON invite_rbac_role (id);
CREATE INDEX "IDX_id_-a9d4a70b" ON cart_promotion (id);
CREATE INDEX "IDX_id_-e88adb96" ON location_fulfillment_set (id);
CREATE INDEX "IDX_id_-e8d2543e" ON order_fulfillment (id);
CREATE INDEX "IDX_id_17a262437" ON product_shipping_profile (id);
CREATE INDEX "IDX_id_17b4c4e35" ON product_variant_inventory_item (id);
CREATE INDEX "IDX_id_1c934dab0" ON region_payment_provider (id);
CREATE INDEX "IDX_id_20b454295" ON product_sales_channel (id);
CREATE INDEX "IDX_id_26d06f470" ON sales_channel_stock_location (id);
CREATE INDEX "IDX_id_52b23597" ON product_variant_price_set (id);
CREATE INDEX "IDX_id_5cb3a0c0" ON customer_account_holder (id);
CREATE INDEX "IDX_id_64ff0c4c" ON user_rbac_role (id);
CREATE INDEX "IDX_id_ba32fa9c" ON shipping_option_price_set (id);
CREATE INDEX "IDX_id_f42b9949" ON order_payment_collection (id);
CREATE INDEX "IDX_image_deleted_at" ON image (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_image_product_id" ON image (product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_inventory_item_deleted_at" ON inventory_item (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_inventory_item_id_17b4c4e35" ON product_variant_inventory_item (inventory_item_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_inventory_item_sku" ON inventory_item (sku) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_inventory_level_deleted_at" ON inventory_level (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_inventory_level_inventory_item_id" ON inventory_level (inventory_item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_inventory_level_location_id" ON inventory_level (location_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_inventory_level_location_id_inventory_item_id" ON inventory_level (inventory_item_id, location_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_invite_deleted_at" ON invite (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX "IDX_invite_email_unique" ON invite (email) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_invite_id_-85069d44" ON invite_rbac_role (invite_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_invite_token" ON invite (token) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_line_item_adjustment_promotion_id" ON cart_line_item_adjustment (promotion_id) WHERE ((deleted_at IS NULL) AND (promotion_id IS NOT NULL));
CREATE INDEX "IDX_line_item_product_id" ON cart_line_item (product_id) WHERE ((deleted_at IS NULL) AND (product_id IS NOT NULL));
CREATE INDEX "IDX_line_item_product_type_id" ON order_line_item (product_type_id) WHERE ((deleted_at IS NULL) AND (product_type_id IS NOT NULL));
CREATE INDEX "IDX_line_item_tax_line_tax_rate_id" ON cart_line_item_tax_line (tax_rate_id) WHERE ((deleted_at IS NULL) AND (tax_rate_id IS NOT NULL));
CREATE INDEX "IDX_line_item_variant_id" ON cart_line_item (variant_id) WHERE ((deleted_at IS NULL) AND (variant_id IS NOT NULL));
CREATE UNIQUE INDEX "IDX_locale_code_unique" ON locale (code) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_locale_deleted_at" ON locale (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_option_value_option_id_unique" ON product_option_value (option_id, value) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_address_customer_id" ON order_address (customer_id);
CREATE INDEX "IDX_order_address_deleted_at" ON order_address (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_billing_address_id" ON "order" (billing_address_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_change_action_claim_id" ON order_change_action (claim_id) WHERE ((claim_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_change_action_deleted_at" ON order_change_action (deleted_at);
CREATE INDEX "IDX_order_change_action_exchange_id" ON order_change_action (exchange_id) WHERE ((exchange_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_change_action_order_change_id" ON order_change_action (order_change_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_change_action_order_id" ON order_change_action (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_change_action_ordering" ON order_change_action (ordering) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_change_action_return_id" ON order_change_action (return_id) WHERE ((return_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_change_change_type" ON order_change (change_type);
CREATE INDEX "IDX_order_change_claim_id" ON order_change (claim_id) WHERE ((claim_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_change_deleted_at" ON order_change (deleted_at);
CREATE INDEX "IDX_order_change_exchange_id" ON order_change (exchange_id) WHERE ((exchange_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_change_order_id" ON order_change (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_change_order_id_version" ON order_change (order_id, version);
CREATE INDEX "IDX_order_change_return_id" ON order_change (return_id) WHERE ((return_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_change_status" ON order_change (status) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_change_version" ON order_change (order_id, version) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_claim_deleted_at" ON order_claim (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_claim_display_id" ON order_claim (display_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_claim_item_claim_id" ON order_claim_item (claim_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_claim_item_deleted_at" ON order_claim_item (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_claim_item_image_claim_item_id" ON order_claim_item_image (claim_item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_claim_item_image_deleted_at" ON order_claim_item_image (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_order_claim_item_item_id" ON order_claim_item (item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_claim_order_id" ON order_claim (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_claim_return_id" ON order_claim (return_id) WHERE ((return_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_credit_line_deleted_at" ON order_credit_line (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_order_credit_line_order_id" ON order_credit_line (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_credit_line_order_id_version" ON order_credit_line (order_id, version) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_currency_code" ON "order" (currency_code) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_order_custom_display_id" ON "order" (custom_display_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_customer_id" ON "order" (customer_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_deleted_at" ON "order" (deleted_at);
CREATE INDEX "IDX_order_display_id" ON "order" (display_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_exchange_deleted_at" ON order_exchange (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_exchange_display_id" ON order_exchange (display_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_exchange_item_deleted_at" ON order_exchange_item (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_exchange_item_exchange_id" ON order_exchange_item (exchange_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_exchange_item_item_id" ON order_exchange_item (item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_exchange_order_id" ON order_exchange (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_exchange_return_id" ON order_exchange (return_id) WHERE ((return_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_id_-71069c16" ON order_cart (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_id_-71518339" ON order_promotion (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_id_-e8d2543e" ON order_fulfillment (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_id_f42b9949" ON order_payment_collection (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_is_draft_order" ON "order" (is_draft_order) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_item_deleted_at" ON order_item (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_order_item_item_id" ON order_item (item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_item_order_id" ON order_item (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_item_order_id_version" ON order_item (order_id, version) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_line_item_adjustment_item_id" ON order_line_item_adjustment (item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_line_item_product_id" ON order_line_item (product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_line_item_tax_line_item_id" ON order_line_item_tax_line (item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_line_item_variant_id" ON order_line_item (variant_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_region_id" ON "order" (region_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_sales_channel_id" ON "order" (sales_channel_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_shipping_address_id" ON "order" (shipping_address_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_shipping_claim_id" ON order_shipping (claim_id) WHERE ((claim_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_shipping_deleted_at" ON order_shipping (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_order_shipping_exchange_id" ON order_shipping (exchange_id) WHERE ((exchange_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_shipping_item_id" ON order_shipping (shipping_method_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_shipping_method_adjustment_shipping_method_id" ON order_shipping_method_adjustment (shipping_method_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_order_shipping_method_adjustment_version_shipping_method" ON order_shipping_method_adjustment (version, shipping_method_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_shipping_method_shipping_option_id" ON order_shipping_method (shipping_option_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_shipping_method_tax_line_shipping_method_id" ON order_shipping_method_tax_line (shipping_method_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_shipping_order_id" ON order_shipping (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_shipping_order_id_version" ON order_shipping (order_id, version) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_shipping_return_id" ON order_shipping (return_id) WHERE ((return_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_shipping_shipping_method_id" ON order_shipping (shipping_method_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_summary_deleted_at" ON order_summary (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_order_summary_order_id_version" ON order_summary (order_id, version) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_transaction_claim_id" ON order_transaction (claim_id) WHERE ((claim_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_transaction_currency_code" ON order_transaction (currency_code) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_transaction_exchange_id" ON order_transaction (exchange_id) WHERE ((exchange_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_order_transaction_order_id" ON order_transaction (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_transaction_order_id_version" ON order_transaction (order_id, version) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_transaction_reference_id" ON order_transaction (reference_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_order_transaction_return_id" ON order_transaction (return_id) WHERE ((return_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_payment_collection_deleted_at" ON payment_collection (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_payment_collection_id_-4a39f6c9" ON cart_payment_collection (payment_collection_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_payment_collection_id_f42b9949" ON order_payment_collection (payment_collection_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_payment_deleted_at" ON payment (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_payment_payment_collection_id" ON payment (payment_collection_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_payment_payment_session_id" ON payment (payment_session_id);
CREATE UNIQUE INDEX "IDX_payment_payment_session_id_unique" ON payment (payment_session_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_payment_provider_deleted_at" ON payment_provider (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_payment_provider_id" ON payment (provider_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_payment_provider_id_1c934dab0" ON region_payment_provider (payment_provider_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_payment_session_deleted_at" ON payment_session (deleted_at);
CREATE INDEX "IDX_payment_session_payment_collection_id" ON payment_session (payment_collection_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_currency_code" ON price (currency_code) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_deleted_at" ON price (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_price_list_deleted_at" ON price_list (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_price_list_id_status_starts_at_ends_at" ON price_list (id, status, starts_at, ends_at) WHERE ((deleted_at IS NULL) AND (status = 'active'::text));
CREATE INDEX "IDX_price_list_rule_attribute" ON price_list_rule (attribute) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_list_rule_deleted_at" ON price_list_rule (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_price_list_rule_price_list_id" ON price_list_rule (price_list_id) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_price_list_rule_value" ON price_list_rule USING gin (value) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_price_preference_attribute_value" ON price_preference (attribute, value) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_preference_deleted_at" ON price_preference (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_price_price_list_id" ON price (price_list_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_price_set_id" ON price (price_set_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_rule_attribute" ON price_rule (attribute) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_rule_attribute_value" ON price_rule (attribute, value) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_rule_attribute_value_price_id" ON price_rule (attribute, value, price_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_rule_deleted_at" ON price_rule (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_price_rule_operator" ON price_rule (operator);
CREATE INDEX "IDX_price_rule_operator_value" ON price_rule (operator, value) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_rule_price_id" ON price_rule (price_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_price_rule_price_id_attribute_operator_unique" ON price_rule (price_id, attribute, operator) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_set_deleted_at" ON price_set (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_price_set_id_52b23597" ON product_variant_price_set (price_set_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_price_set_id_ba32fa9c" ON shipping_option_price_set (price_set_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_category_parent_category_id" ON product_category (parent_category_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_category_path" ON product_category (mpath) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_collection_deleted_at" ON product_collection (deleted_at);
CREATE INDEX "IDX_product_collection_id" ON product (collection_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_deleted_at" ON product (deleted_at);
CREATE UNIQUE INDEX "IDX_product_handle_unique" ON product (handle) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_id_17a262437" ON product_shipping_profile (product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_id_20b454295" ON product_sales_channel (product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_image_rank" ON image (rank) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_image_rank_product_id" ON image (rank, product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_image_url" ON image (url) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_image_url_rank_product_id" ON image (url, rank, product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_option_deleted_at" ON product_option (deleted_at);
CREATE UNIQUE INDEX "IDX_product_option_global_title_unique" ON product_option (title) WHERE ((deleted_at IS NULL) AND (is_exclusive = false));
CREATE INDEX "IDX_product_option_value_deleted_at" ON product_option_value (deleted_at);
CREATE INDEX "IDX_product_option_value_option_id" ON product_option_value (option_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_product_option_deleted_at" ON product_product_option (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_product_option_product_id" ON product_product_option (product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_product_option_product_option_id" ON product_product_option (product_option_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_product_option_value_deleted_at" ON product_product_option_value (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_product_option_value_product_option_value_id" ON product_product_option_value (product_option_value_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_product_option_value_product_product_option_id" ON product_product_option_value (product_product_option_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_product_option_value_product_product_option_id_fk" ON product_product_option_value (product_product_option_id);
CREATE INDEX "IDX_product_status" ON product (status) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_tag_deleted_at" ON product_tag (deleted_at);
CREATE INDEX "IDX_product_type_deleted_at" ON product_type (deleted_at);
CREATE INDEX "IDX_product_type_id" ON product (type_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_product_variant_barcode_unique" ON product_variant (barcode) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_variant_deleted_at" ON product_variant (deleted_at);
CREATE UNIQUE INDEX "IDX_product_variant_ean_unique" ON product_variant (ean) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_variant_id_product_id" ON product_variant (id, product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_variant_product_id" ON product_variant (product_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_variant_product_image_deleted_at" ON product_variant_product_image (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_variant_product_image_image_id" ON product_variant_product_image (image_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_product_variant_product_image_variant_id" ON product_variant_product_image (variant_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_product_variant_sku_unique" ON product_variant (sku) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_product_variant_upc_unique" ON product_variant (upc) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_application_method_currency_code" ON promotion_application_method (currency_code) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_promotion_application_method_deleted_at" ON promotion_application_method (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_promotion_application_method_promotion_id_unique" ON promotion_application_method (promotion_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_promotion_campaign_budget_campaign_id_unique" ON promotion_campaign_budget (campaign_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_campaign_budget_deleted_at" ON promotion_campaign_budget (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_promotion_campaign_budget_usage_attribute_value_budget_id_u" ON promotion_campaign_budget_usage (attribute_value, budget_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_campaign_budget_usage_budget_id" ON promotion_campaign_budget_usage (budget_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_campaign_budget_usage_deleted_at" ON promotion_campaign_budget_usage (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_promotion_campaign_campaign_identifier_unique" ON promotion_campaign (campaign_identifier) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_campaign_deleted_at" ON promotion_campaign (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_campaign_id" ON promotion (campaign_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_deleted_at" ON promotion (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_id_-71518339" ON order_promotion (promotion_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_id_-a9d4a70b" ON cart_promotion (promotion_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_is_automatic" ON promotion (is_automatic) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_rule_attribute" ON promotion_rule (attribute);
CREATE INDEX "IDX_promotion_rule_attribute_operator" ON promotion_rule (attribute, operator) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_rule_attribute_operator_id" ON promotion_rule (operator, attribute, id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_rule_deleted_at" ON promotion_rule (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_rule_operator" ON promotion_rule (operator);
CREATE INDEX "IDX_promotion_rule_value_deleted_at" ON promotion_rule_value (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_rule_value_promotion_rule_id" ON promotion_rule_value (promotion_rule_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_rule_value_rule_id_value" ON promotion_rule_value (promotion_rule_id, value) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_rule_value_value" ON promotion_rule_value (value) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_status" ON promotion (status) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_promotion_type" ON promotion (type);
CREATE INDEX "IDX_publishable_key_id_-1d67bae40" ON publishable_api_key_sales_channel (publishable_key_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_policy_deleted_at" ON rbac_policy (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_rbac_policy_key_unique" ON rbac_policy (key) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_policy_operation" ON rbac_policy (operation) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_policy_resource" ON rbac_policy (resource) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_deleted_at" ON rbac_role (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_id_-85069d44" ON invite_rbac_role (rbac_role_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_id_64ff0c4c" ON user_rbac_role (rbac_role_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_inheritance_deleted_at" ON rbac_role_inheritance (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_inheritance_inherited_role_id" ON rbac_role_inheritance (inherited_role_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_inheritance_role_id" ON rbac_role_inheritance (role_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_rbac_role_inheritance_role_id_inherited_role_id_unique" ON rbac_role_inheritance (role_id, inherited_role_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_rbac_role_name_unique" ON rbac_role (name) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_parent_deleted_at" ON rbac_role_parent (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_parent_parent_id" ON rbac_role_parent (parent_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_parent_role_id" ON rbac_role_parent (role_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_rbac_role_parent_role_id_parent_id_unique" ON rbac_role_parent (role_id, parent_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_policy_deleted_at" ON rbac_role_policy (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_policy_policy_id" ON rbac_role_policy (policy_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_rbac_role_policy_role_id" ON rbac_role_policy (role_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_rbac_role_policy_role_id_policy_id_unique" ON rbac_role_policy (role_id, policy_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_refund_deleted_at" ON refund (deleted_at);
CREATE INDEX "IDX_refund_payment_id" ON refund (payment_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_refund_reason_deleted_at" ON refund_reason (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_refund_refund_reason_id" ON refund (refund_reason_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_region_country_deleted_at" ON region_country (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_region_country_region_id" ON region_country (region_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_region_country_region_id_iso_2_unique" ON region_country (region_id, iso_2);
CREATE INDEX "IDX_region_deleted_at" ON region (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_region_id_1c934dab0" ON region_payment_provider (region_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_reservation_item_deleted_at" ON reservation_item (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_reservation_item_inventory_item_id" ON reservation_item (inventory_item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_reservation_item_line_item_id" ON reservation_item (line_item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_reservation_item_location_id" ON reservation_item (location_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_claim_id" ON return (claim_id) WHERE ((claim_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_return_display_id" ON return (display_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_exchange_id" ON return (exchange_id) WHERE ((exchange_id IS NOT NULL) AND (deleted_at IS NULL));
CREATE INDEX "IDX_return_id_-31ea43a" ON return_fulfillment (return_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_item_deleted_at" ON return_item (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_item_item_id" ON return_item (item_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_item_reason_id" ON return_item (reason_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_item_return_id" ON return_item (return_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_order_id" ON return (order_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_reason_parent_return_reason_id" ON return_reason (parent_return_reason_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_return_reason_value" ON return_reason (value) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_sales_channel_deleted_at" ON sales_channel (deleted_at);
CREATE INDEX "IDX_sales_channel_id_-1d67bae40" ON publishable_api_key_sales_channel (sales_channel_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_sales_channel_id_20b454295" ON product_sales_channel (sales_channel_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_sales_channel_id_26d06f470" ON sales_channel_stock_location (sales_channel_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_service_zone_deleted_at" ON service_zone (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_service_zone_fulfillment_set_id" ON service_zone (fulfillment_set_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_service_zone_name_unique" ON service_zone (name) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_shipping_method_adjustment_promotion_id" ON cart_shipping_method_adjustment (promotion_id) WHERE ((deleted_at IS NULL) AND (promotion_id IS NOT NULL));
CREATE INDEX "IDX_shipping_method_option_id" ON cart_shipping_method (shipping_option_id) WHERE ((deleted_at IS NULL) AND (shipping_option_id IS NOT NULL));
CREATE INDEX "IDX_shipping_method_tax_line_tax_rate_id" ON cart_shipping_method_tax_line (tax_rate_id) WHERE ((deleted_at IS NULL) AND (tax_rate_id IS NOT NULL));
CREATE INDEX "IDX_shipping_option_deleted_at" ON shipping_option (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_shipping_option_id_ba32fa9c" ON shipping_option_price_set (shipping_option_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_shipping_option_provider_id" ON shipping_option (provider_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_shipping_option_rule_deleted_at" ON shipping_option_rule (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_shipping_option_rule_shipping_option_id" ON shipping_option_rule (shipping_option_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_shipping_option_service_zone_id" ON shipping_option (service_zone_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_shipping_option_shipping_option_type_id" ON shipping_option (shipping_option_type_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_shipping_option_shipping_profile_id" ON shipping_option (shipping_profile_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_shipping_option_type_deleted_at" ON shipping_option_type (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_shipping_profile_deleted_at" ON shipping_profile (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_shipping_profile_id_17a262437" ON product_shipping_profile (shipping_profile_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_shipping_profile_name_unique" ON shipping_profile (name) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_stock_location_address_deleted_at" ON stock_location_address (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX "IDX_stock_location_address_id_unique" ON stock_location (address_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_stock_location_deleted_at" ON stock_location (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_stock_location_id_-1e5992737" ON location_fulfillment_provider (stock_location_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_stock_location_id_-e88adb96" ON location_fulfillment_set (stock_location_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_stock_location_id_26d06f470" ON sales_channel_stock_location (stock_location_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_store_currency_deleted_at" ON store_currency (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_store_currency_store_id" ON store_currency (store_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_store_deleted_at" ON store (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX "IDX_store_locale_deleted_at" ON store_locale (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_store_locale_store_id" ON store_locale (store_id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_tag_value_unique" ON product_tag (value) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_translation_deleted_at" ON translation (deleted_at) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_translation_locale_code" ON translation (locale_code) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_translation_reference_id_locale_code_unique" ON translation (reference_id, locale_code) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_translation_reference_id_reference" ON translation (reference_id, reference) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_translation_reference_id_reference_locale_code" ON translation (reference_id, reference, locale_code) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_translation_reference_locale_code" ON translation (reference, locale_code) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_translation_settings_deleted_at" ON translation_settings (deleted_at) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_translation_settings_entity_type_unique" ON translation_settings (entity_type) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_type_value_unique" ON product_type (value) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX "IDX_unique_promotion_code" ON promotion (code) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_user_deleted_at" ON "user" (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX "IDX_user_email_unique" ON "user" (email) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_user_id_64ff0c4c" ON user_rbac_role (user_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_variant_id_17b4c4e35" ON product_variant_inventory_item (variant_id) WHERE (deleted_at IS NULL);
CREATE INDEX "IDX_variant_id_52b23597" ON product_variant_price_set (variant_id) WHERE (deleted_at IS NULL);
ALTER TABLE application_method_buy_rules
	ADD CONSTRAINT application_method_buy_rules_application_method_id_foreign FOREIGN KEY (application_method_id) REFERENCES promotion_application_method(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT application_method_buy_rules_promotion_rule_id_foreign FOREIGN KEY (promotion_rule_id) REFERENCES promotion_rule(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE application_method_target_rules
	ADD CONSTRAINT application_method_target_rules_application_method_id_foreign FOREIGN KEY (application_method_id) REFERENCES promotion_application_method(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT application_method_target_rules_promotion_rule_id_foreign FOREIGN KEY (promotion_rule_id) REFERENCES promotion_rule(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE capture
	ADD CONSTRAINT capture_payment_id_foreign FOREIGN KEY (payment_id) REFERENCES payment(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE cart
	ADD CONSTRAINT cart_billing_address_id_foreign FOREIGN KEY (billing_address_id) REFERENCES cart_address(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE cart_line_item_adjustment
	ADD CONSTRAINT cart_line_item_adjustment_item_id_foreign FOREIGN KEY (item_id) REFERENCES cart_line_item(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE cart_line_item
	ADD CONSTRAINT cart_line_item_cart_id_foreign FOREIGN KEY (cart_id) REFERENCES cart(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE cart_line_item_tax_line
	ADD CONSTRAINT cart_line_item_tax_line_item_id_foreign FOREIGN KEY (item_id) REFERENCES cart_line_item(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE cart
	ADD CONSTRAINT cart_shipping_address_id_foreign FOREIGN KEY (shipping_address_id) REFERENCES cart_address(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE cart_shipping_method_adjustment
	ADD CONSTRAINT cart_shipping_method_adjustment_shipping_method_id_foreign FOREIGN KEY (shipping_method_id) REFERENCES cart_shipping_method(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE cart_shipping_method
	ADD CONSTRAINT cart_shipping_method_cart_id_foreign FOREIGN KEY (cart_id) REFERENCES cart(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE cart_shipping_method_tax_line
	ADD CONSTRAINT cart_shipping_method_tax_line_shipping_method_id_foreign FOREIGN KEY (shipping_method_id) REFERENCES cart_shipping_method(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE credit_line
	ADD CONSTRAINT credit_line_cart_id_foreign FOREIGN KEY (cart_id) REFERENCES cart(id) ON UPDATE CASCADE;
ALTER TABLE customer_address
	ADD CONSTRAINT customer_address_customer_id_foreign FOREIGN KEY (customer_id) REFERENCES customer(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE customer_group_customer
	ADD CONSTRAINT customer_group_customer_customer_group_id_foreign FOREIGN KEY (customer_group_id) REFERENCES customer_group(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT customer_group_customer_customer_id_foreign FOREIGN KEY (customer_id) REFERENCES customer(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE fulfillment
	ADD CONSTRAINT fulfillment_delivery_address_id_foreign FOREIGN KEY (delivery_address_id) REFERENCES fulfillment_address(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE fulfillment_item
	ADD CONSTRAINT fulfillment_item_fulfillment_id_foreign FOREIGN KEY (fulfillment_id) REFERENCES fulfillment(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE fulfillment_label
	ADD CONSTRAINT fulfillment_label_fulfillment_id_foreign FOREIGN KEY (fulfillment_id) REFERENCES fulfillment(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE fulfillment
	ADD CONSTRAINT fulfillment_provider_id_foreign FOREIGN KEY (provider_id) REFERENCES fulfillment_provider(id) ON UPDATE CASCADE ON DELETE SET NULL,
	ADD CONSTRAINT fulfillment_shipping_option_id_foreign FOREIGN KEY (shipping_option_id) REFERENCES shipping_option(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE geo_zone
	ADD CONSTRAINT geo_zone_service_zone_id_foreign FOREIGN KEY (service_zone_id) REFERENCES service_zone(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE image
	ADD CONSTRAINT image_product_id_foreign FOREIGN KEY (product_id) REFERENCES product(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE inventory_level
	ADD CONSTRAINT inventory_level_inventory_item_id_foreign FOREIGN KEY (inventory_item_id) REFERENCES inventory_item(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE "order"
	ADD CONSTRAINT order_billing_address_id_foreign FOREIGN KEY (billing_address_id) REFERENCES order_address(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE order_change_action
	ADD CONSTRAINT order_change_action_order_change_id_foreign FOREIGN KEY (order_change_id) REFERENCES order_change(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_change
	ADD CONSTRAINT order_change_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order"(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_credit_line
	ADD CONSTRAINT order_credit_line_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order"(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_item
	ADD CONSTRAINT order_item_item_id_foreign FOREIGN KEY (item_id) REFERENCES order_line_item(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT order_item_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order"(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_line_item_adjustment
	ADD CONSTRAINT order_line_item_adjustment_item_id_foreign FOREIGN KEY (item_id) REFERENCES order_line_item(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_line_item_tax_line
	ADD CONSTRAINT order_line_item_tax_line_item_id_foreign FOREIGN KEY (item_id) REFERENCES order_line_item(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_line_item
	ADD CONSTRAINT order_line_item_totals_id_foreign FOREIGN KEY (totals_id) REFERENCES order_item(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE "order"
	ADD CONSTRAINT order_shipping_address_id_foreign FOREIGN KEY (shipping_address_id) REFERENCES order_address(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE order_shipping_method_adjustment
	ADD CONSTRAINT order_shipping_method_adjustment_shipping_method_id_foreign FOREIGN KEY (shipping_method_id) REFERENCES order_shipping_method(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_shipping_method_tax_line
	ADD CONSTRAINT order_shipping_method_tax_line_shipping_method_id_foreign FOREIGN KEY (shipping_method_id) REFERENCES order_shipping_method(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_shipping
	ADD CONSTRAINT order_shipping_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order"(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_summary
	ADD CONSTRAINT order_summary_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order"(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE order_transaction
	ADD CONSTRAINT order_transaction_order_id_foreign FOREIGN KEY (order_id) REFERENCES "order"(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE payment_collection_payment_providers
	ADD CONSTRAINT payment_collection_payment_providers_payment_col_aa276_foreign FOREIGN KEY (payment_collection_id) REFERENCES payment_collection(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT payment_collection_payment_providers_payment_pro_2d555_foreign FOREIGN KEY (payment_provider_id) REFERENCES payment_provider(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE payment
	ADD CONSTRAINT payment_payment_collection_id_foreign FOREIGN KEY (payment_collection_id) REFERENCES payment_collection(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE payment_session
	ADD CONSTRAINT payment_session_payment_collection_id_foreign FOREIGN KEY (payment_collection_id) REFERENCES payment_collection(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE price_list_rule
	ADD CONSTRAINT price_list_rule_price_list_id_foreign FOREIGN KEY (price_list_id) REFERENCES price_list(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE price
	ADD CONSTRAINT price_price_list_id_foreign FOREIGN KEY (price_list_id) REFERENCES price_list(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT price_price_set_id_foreign FOREIGN KEY (price_set_id) REFERENCES price_set(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE price_rule
	ADD CONSTRAINT price_rule_price_id_foreign FOREIGN KEY (price_id) REFERENCES price(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product_category
	ADD CONSTRAINT product_category_parent_category_id_foreign FOREIGN KEY (parent_category_id) REFERENCES product_category(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product_category_product
	ADD CONSTRAINT product_category_product_product_category_id_foreign FOREIGN KEY (product_category_id) REFERENCES product_category(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT product_category_product_product_id_foreign FOREIGN KEY (product_id) REFERENCES product(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product
	ADD CONSTRAINT product_collection_id_foreign FOREIGN KEY (collection_id) REFERENCES product_collection(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE product_option_value
	ADD CONSTRAINT product_option_value_option_id_foreign FOREIGN KEY (option_id) REFERENCES product_option(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product_product_option
	ADD CONSTRAINT product_product_option_product_id_foreign FOREIGN KEY (product_id) REFERENCES product(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT product_product_option_product_option_id_foreign FOREIGN KEY (product_option_id) REFERENCES product_option(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product_product_option_value
	ADD CONSTRAINT product_product_option_value_product_option_value_id_foreign FOREIGN KEY (product_option_value_id) REFERENCES product_option_value(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT product_product_option_value_product_product_option_id_foreign FOREIGN KEY (product_product_option_id) REFERENCES product_product_option(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product_tags
	ADD CONSTRAINT product_tags_product_id_foreign FOREIGN KEY (product_id) REFERENCES product(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT product_tags_product_tag_id_foreign FOREIGN KEY (product_tag_id) REFERENCES product_tag(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product
	ADD CONSTRAINT product_type_id_foreign FOREIGN KEY (type_id) REFERENCES product_type(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE product_variant_option
	ADD CONSTRAINT product_variant_option_option_value_id_foreign FOREIGN KEY (option_value_id) REFERENCES product_option_value(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT product_variant_option_variant_id_foreign FOREIGN KEY (variant_id) REFERENCES product_variant(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product_variant
	ADD CONSTRAINT product_variant_product_id_foreign FOREIGN KEY (product_id) REFERENCES product(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE product_variant_product_image
	ADD CONSTRAINT product_variant_product_image_image_id_foreign FOREIGN KEY (image_id) REFERENCES image(id) ON DELETE CASCADE;
ALTER TABLE promotion_application_method
	ADD CONSTRAINT promotion_application_method_promotion_id_foreign FOREIGN KEY (promotion_id) REFERENCES promotion(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE promotion_campaign_budget
	ADD CONSTRAINT promotion_campaign_budget_campaign_id_foreign FOREIGN KEY (campaign_id) REFERENCES promotion_campaign(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE promotion_campaign_budget_usage
	ADD CONSTRAINT promotion_campaign_budget_usage_budget_id_foreign FOREIGN KEY (budget_id) REFERENCES promotion_campaign_budget(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE promotion
	ADD CONSTRAINT promotion_campaign_id_foreign FOREIGN KEY (campaign_id) REFERENCES promotion_campaign(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE promotion_promotion_rule
	ADD CONSTRAINT promotion_promotion_rule_promotion_id_foreign FOREIGN KEY (promotion_id) REFERENCES promotion(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT promotion_promotion_rule_promotion_rule_id_foreign FOREIGN KEY (promotion_rule_id) REFERENCES promotion_rule(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE promotion_rule_value
	ADD CONSTRAINT promotion_rule_value_promotion_rule_id_foreign FOREIGN KEY (promotion_rule_id) REFERENCES promotion_rule(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE rbac_role_inheritance
	ADD CONSTRAINT rbac_role_inheritance_inherited_role_id_foreign FOREIGN KEY (inherited_role_id) REFERENCES rbac_role(id) ON UPDATE CASCADE,
	ADD CONSTRAINT rbac_role_inheritance_role_id_foreign FOREIGN KEY (role_id) REFERENCES rbac_role(id) ON UPDATE CASCADE;
ALTER TABLE rbac_role_parent
	ADD CONSTRAINT rbac_role_parent_parent_id_foreign FOREIGN KEY (parent_id) REFERENCES rbac_role(id) ON UPDATE CASCADE,
	ADD CONSTRAINT rbac_role_parent_role_id_foreign FOREIGN KEY (role_id) REFERENCES rbac_role(id) ON UPDATE CASCADE;
ALTER TABLE rbac_role_policy
	ADD CONSTRAINT rbac_role_policy_policy_id_foreign FOREIGN KEY (policy_id) REFERENCES rbac_policy(id) ON UPDATE CASCADE,
	ADD CONSTRAINT rbac_role_policy_role_id_foreign FOREIGN KEY (role_id) REFERENCES rbac_role(id) ON UPDATE CASCADE;
ALTER TABLE refund
	ADD CONSTRAINT refund_payment_id_foreign FOREIGN KEY (payment_id) REFERENCES payment(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE region_country
	ADD CONSTRAINT region_country_region_id_foreign FOREIGN KEY (region_id) REFERENCES region(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE reservation_item
	ADD CONSTRAINT reservation_item_inventory_item_id_foreign FOREIGN KEY (inventory_item_id) REFERENCES inventory_item(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE return_reason
	ADD CONSTRAINT return_reason_parent_return_reason_id_foreign FOREIGN KEY (parent_return_reason_id) REFERENCES return_reason(id);
ALTER TABLE service_zone
	ADD CONSTRAINT service_zone_fulfillment_set_id_foreign FOREIGN KEY (fulfillment_set_id) REFERENCES fulfillment_set(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE shipping_option
	ADD CONSTRAINT shipping_option_provider_id_foreign FOREIGN KEY (provider_id) REFERENCES fulfillment_provider(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE shipping_option_rule
	ADD CONSTRAINT shipping_option_rule_shipping_option_id_foreign FOREIGN KEY (shipping_option_id) REFERENCES shipping_option(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE shipping_option
	ADD CONSTRAINT shipping_option_service_zone_id_foreign FOREIGN KEY (service_zone_id) REFERENCES service_zone(id) ON UPDATE CASCADE ON DELETE CASCADE,
	ADD CONSTRAINT shipping_option_shipping_option_type_id_foreign FOREIGN KEY (shipping_option_type_id) REFERENCES shipping_option_type(id) ON UPDATE CASCADE,
	ADD CONSTRAINT shipping_option_shipping_profile_id_foreign FOREIGN KEY (shipping_profile_id) REFERENCES shipping_profile(id) ON UPDATE CASCADE ON DELETE SET NULL;
ALTER TABLE stock_location
	ADD CONSTRAINT stock_location_address_id_foreign FOREIGN KEY (address_id) REFERENCES stock_location_address(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE store_currency
	ADD CONSTRAINT store_currency_store_id_foreign FOREIGN KEY (store_id) REFERENCES store(id) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE store_locale
	ADD CONSTRAINT store_locale_store_id_foreign FOREIGN KEY (store_id) REFERENCES store(id) ON UPDATE CASCADE ON DELETE CASCADE;
INSERT INTO link_module_migrations (id, table_name, link_descriptor) VALUES
	(1, 'cart_payment_collection', '{"toModel": "payment_collection", "toModule": "payment", "fromModel": "cart", "fromModule": "cart"}'),
	(2, 'cart_promotion', '{"toModel": "promotions", "toModule": "promotion", "fromModel": "cart", "fromModule": "cart"}'),
	(3, 'customer_account_holder', '{"toModel": "account_holder", "toModule": "payment", "fromModel": "customer", "fromModule": "customer"}'),
	(4, 'location_fulfillment_provider', '{"toModel": "fulfillment_provider", "toModule": "fulfillment", "fromModel": "location", "fromModule": "stock_location"}'),
	(5, 'location_fulfillment_set', '{"toModel": "fulfillment_set", "toModule": "fulfillment", "fromModel": "location", "fromModule": "stock_location"}'),
	(6, 'invite_rbac_role', '{"toModel": "rbac_role", "toModule": "rbac", "fromModel": "invite", "fromModule": "user"}'),
	(7, 'order_cart', '{"toModel": "cart", "toModule": "cart", "fromModel": "order", "fromModule": "order"}'),
	(8, 'order_fulfillment', '{"toModel": "fulfillments", "toModule": "fulfillment", "fromModel": "order", "fromModule": "order"}'),
	(9, 'order_payment_collection', '{"toModel": "payment_collection", "toModule": "payment", "fromModel": "order", "fromModule": "order"}'),
	(10, 'order_promotion', '{"toModel": "promotions", "toModule": "promotion", "fromModel": "order", "fromModule": "order"}'),
	(11, 'return_fulfillment', '{"toModel": "fulfillments", "toModule": "fulfillment", "fromModel": "return", "fromModule": "order"}'),
	(12, 'product_sales_channel', '{"toModel": "sales_channel", "toModule": "sales_channel", "fromModel": "product", "fromModule": "product"}'),
	(13, 'product_shipping_profile', '{"toModel": "shipping_profile", "toModule": "fulfillment", "fromModel": "product", "fromModule": "product"}'),
	(14, 'product_variant_inventory_item', '{"toModel": "inventory", "toModule": "inventory", "fromModel": "variant", "fromModule": "product"}'),
	(15, 'product_variant_price_set', '{"toModel": "price_set", "toModule": "pricing", "fromModel": "variant", "fromModule": "product"}'),
	(16, 'publishable_api_key_sales_channel', '{"toModel": "sales_channel", "toModule": "sales_channel", "fromModel": "api_key", "fromModule": "api_key"}'),
	(17, 'region_payment_provider', '{"toModel": "payment_provider", "toModule": "payment", "fromModel": "region", "fromModule": "region"}'),
	(18, 'sales_channel_stock_location', '{"toModel": "location", "toModule": "stock_location", "fromModel": "sales_channel", "fromModule": "sales_channel"}'),
	(19, 'shipping_option_price_set', '{"toModel": "price_set", "toModule": "pricing", "fromModel": "shipping_option", "fromModule": "fulfillment"}'),
	(20, 'user_rbac_role', '{"toModel": "rbac_role", "toModule": "rbac", "fromModel": "user", "fromModule": "user"}');
SELECT setval('link_module_migrations_id_seq', 20);
